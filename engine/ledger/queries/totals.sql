-- What all runners of a run have committed. `fraction` weighs each range by its share of the key
-- space and, within it, by rows. Lock: ACCESS SHARE.
SELECT coalesce(pg_catalog.sum(g.rows_changed), 0), coalesce(pg_catalog.sum(g.rows_scanned), 0),
       coalesce(pg_catalog.sum(g.rows_hot), 0), coalesce(pg_catalog.sum(g.batches), 0),
       pg_catalog.count(*) FILTER (WHERE g.state = 'done'), pg_catalog.count(*),
       coalesce(pg_catalog.sum(g.share * CASE WHEN g.state = 'done' THEN 1.0
                                      WHEN g.rows_found > 0
                                      THEN least(g.rows_scanned::pg_catalog.float8
                                                 / g.rows_found, 1.0)
                                      ELSE 0.0 END)
                  FILTER (WHERE g.round = 0), 0.0),
       pg_catalog.max(g.checkpoint_at)
  FROM pawl.range g WHERE g.run = $1
