-- Sent by a runner that leaves in order.
DELETE FROM pawl.runner w WHERE w.id = $1::pg_catalog.uuid
