-- Sent by a worker that has no range: takes one that is ready, or whose runner is dead, or that
-- this runner ($2) claimed by a transaction whose answer was lost; never one that it works on ($3),
-- even while its own control connection is away and it looks dead. Also in state held: what holds
-- the run is probed by going on. The CTE must stay MATERIALIZED:
-- inlined under a nested loop it would lock more than one row.
WITH free AS MATERIALIZED (
  SELECT r.run, r.number, r.state, r.runner
    FROM pawl.range r JOIN pawl.run j ON j.id = r.run
   WHERE r.run = $1 AND r.state <> 'done' AND j.state IN ('running', 'held') AND j.desired = 'run'
     AND r.number <> ALL ($3::pg_catalog.int8[])
     AND ((r.state = 'ready' AND r.not_before <= pg_catalog.clock_timestamp())
          OR (r.state = 'claimed'
              AND (r.runner = $2::pg_catalog.uuid
                   OR NOT EXISTS (SELECT FROM pawl.runner w
                                   WHERE w.id = r.runner AND pawl.is_alive(w)))))
   ORDER BY r.number
   LIMIT 1
     FOR NO KEY UPDATE OF r SKIP LOCKED
)
UPDATE pawl.range r
   SET state = 'claimed', runner = $2::pg_catalog.uuid, token = r.token + 1
  FROM free
 WHERE r.run = free.run AND r.number = free.number
RETURNING r.number, r.round, r.leaf, r.token, r.lo, r.hi, r.pos, r.stripes, r.next_stripe,
          r.rows_found, r.rows_scanned, r.attempts,
          free.state = 'claimed' AND free.runner <> $2::pg_catalog.uuid, r.stripe_function,
          coalesce(r.xid, '0')
