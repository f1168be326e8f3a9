-- Sent by ledger::accept_server (`resume --accept-server`): after pg_upgrade, a failover to another
-- timeline or a restore, pins the run to the server and target as they are now.
UPDATE pawl.run r SET system_identifier = $2, timeline = $3, target_oid = $4 WHERE r.id = $1
