-- Sent by ledger::open with --accept-change: committed ranges stay as they are, the rest of the run
-- goes on under the new definition.
UPDATE pawl.run r
   SET definition = $2::pg_catalog.jsonb, definition_sha256 = pg_catalog.decode($3, 'hex')
 WHERE r.id = $1
