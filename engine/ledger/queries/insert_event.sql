-- Sent by runners for the log.
INSERT INTO pawl.event (run, kind, detail) VALUES ($1, $2, $3::pg_catalog.jsonb)
