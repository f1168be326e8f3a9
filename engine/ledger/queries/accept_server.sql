-- Sent by ledger::accept_server (`resume --accept-server`): after pg_upgrade, a failover to another
-- timeline or a restore, pins the run to the server and target as they are now; with $5 each leaf
-- to the table that has its name now.
WITH moved AS (
  UPDATE pawl.leaf l SET oid = pg_catalog.to_regclass(l.name)::pg_catalog.oid
   WHERE l.run = $1 AND $5::pg_catalog.bool AND pg_catalog.to_regclass(l.name) IS NOT NULL
)
UPDATE pawl.run r SET system_identifier = $2, timeline = $3, target_oid = $4 WHERE r.id = $1
