-- Sent by `pawl status`: every run with what its state derives from. $1 = a run's number, or NULL.
SELECT r.id, r.name, r.generation, r.state, r.desired, r.reason, r.target, r.tunables,
       pg_catalog.to_char(r.opened_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
       pg_catalog.to_char(r.state_since AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
       pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - r.state_since),
       t.rows_changed, t.rows_scanned, t.rows_hot, t.batches, t.done, t.found, t.fraction,
       pg_catalog.date_part('epoch', pg_catalog.clock_timestamp()
                            - greatest(t.checkpoint_at, r.state_since)),
       t.last_sqlstate, r.verification, r.rows_stay,
       (SELECT pg_catalog.count(*) FROM pawl.runner w WHERE w.run = r.id),
       (SELECT pg_catalog.count(*) FROM pawl.runner w WHERE w.run = r.id AND pawl.is_alive(w)),
       pg_catalog.date_part('epoch', coalesce(r.ended_at, pg_catalog.clock_timestamp())
                            - r.opened_at),
       (SELECT pg_catalog.bool_and(l.share > 0) FROM pawl.leaf l
         WHERE l.run = r.id AND l.bound IS NOT NULL)
  FROM pawl.run r
 CROSS JOIN LATERAL (
   SELECT coalesce(pg_catalog.sum(g.rows_changed), 0) AS rows_changed,
          coalesce(pg_catalog.sum(g.rows_scanned), 0) AS rows_scanned,
          coalesce(pg_catalog.sum(g.rows_hot), 0) AS rows_hot,
          coalesce(pg_catalog.sum(g.batches), 0) AS batches,
          pg_catalog.count(*) FILTER (WHERE g.state = 'done') AS done, pg_catalog.count(*) AS found,
          coalesce(pg_catalog.sum(g.share * CASE WHEN g.state = 'done' THEN 1.0
                                         WHEN g.rows_found > 0
                                         THEN least(g.rows_scanned::pg_catalog.float8
                                                    / g.rows_found, 1.0)
                                         ELSE 0.0 END)
                     FILTER (WHERE g.round = 0), 0.0) AS fraction,
          pg_catalog.max(g.checkpoint_at) AS checkpoint_at,
          pg_catalog.max(g.last_sqlstate) AS last_sqlstate
     FROM pawl.range g WHERE g.run = r.id) t
 WHERE $1::pg_catalog.int8 IS NULL OR r.id = $1::pg_catalog.int8
 ORDER BY r.id
