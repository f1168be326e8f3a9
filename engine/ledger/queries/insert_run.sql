-- Sent by ledger::open in its transaction, under the advisory lock of the run's name.
INSERT INTO pawl.run (name, generation, definition, definition_sha256, target_oid, target, settings,
                      tunables, system_identifier, timeline, protocol, engine)
VALUES ($1, $2, $3::pg_catalog.jsonb, pg_catalog.decode($4, 'hex'), $5, $6, $7::pg_catalog.jsonb,
        $8::pg_catalog.jsonb, $9, $10, $11, $12)
RETURNING id
