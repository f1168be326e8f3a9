-- Sent by the command line: an operator's request; a trigger applies it (schema.sql).
INSERT INTO pawl.control (run, request, argument, reason, host)
VALUES ($1, $2, $3::pg_catalog.jsonb, $4, $5)
