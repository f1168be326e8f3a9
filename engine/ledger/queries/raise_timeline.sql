-- Sent by ledger::join: the highest timeline seen; an old primary that comes back has a lower one.
UPDATE pawl.run r SET timeline = $2 WHERE r.id = $1 AND r.timeline < $2::pg_catalog.int4
