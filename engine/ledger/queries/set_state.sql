-- Sent by runners: the run's state with its reason, and an event beside it. Only from the states
-- that $5 lists; no row means that somebody else was first.
WITH changed AS (
  UPDATE pawl.run r
     SET state = $2, reason = $3, state_since = pg_catalog.clock_timestamp(),
         verifier = NULL,
         ended_at = CASE WHEN $2 IN ('done', 'failed', 'cancelled')
                         THEN pg_catalog.clock_timestamp() END
   WHERE r.id = $1 AND r.state = ANY ($5::pg_catalog.text[])
  RETURNING r.id
), noted AS (
  INSERT INTO pawl.event (run, kind, detail)
  SELECT c.id, $2, $4::pg_catalog.jsonb FROM changed c
)
SELECT c.id FROM changed c
