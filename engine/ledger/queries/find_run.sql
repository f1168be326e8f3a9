-- Sent by ledger::find: the run of a name (latest generation) or of a number. Lock: ACCESS SHARE.
SELECT r.id, r.name, r.generation, r.definition, pg_catalog.encode(r.definition_sha256, 'hex'),
       r.state, r.desired, r.reason, r.target_oid, r.target, r.settings, r.tunables, r.round,
       r.verification, r.rows_stay, r.system_identifier, r.timeline, r.protocol, r.engine,
       pg_catalog.to_char(r.opened_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
       pg_catalog.to_char(r.state_since AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
       r.opened_by
  FROM pawl.run r
 WHERE r.id::pg_catalog.text = $1 OR r.name = $1
 ORDER BY r.id::pg_catalog.text = $1 DESC, r.generation DESC
 LIMIT 1
