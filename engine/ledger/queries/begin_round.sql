-- Sent by the verifier before it inserts sweep ranges, in their transaction.
UPDATE pawl.run r SET round = r.round + 1, state = 'running', verifier = NULL,
                      state_since = pg_catalog.clock_timestamp()
 WHERE r.id = $1 AND r.state = 'verifying' AND r.verifier = $2::pg_catalog.uuid
RETURNING r.round
