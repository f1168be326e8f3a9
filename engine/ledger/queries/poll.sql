-- Sent about once a second on the control connection: heartbeat, and what the operators want. Never
-- touches a range row. No row: this runner was removed.
WITH beat AS (
  UPDATE pawl.runner w
     SET lease_until = pg_catalog.clock_timestamp() + pg_catalog.make_interval(secs => $3)
   WHERE w.id = $2::pg_catalog.uuid AND w.run = $1
  RETURNING w.id
)
SELECT r.state, r.desired, r.reason, r.tunables, r.round, r.verifier::pg_catalog.text,
       (SELECT pg_catalog.count(*) FROM pawl.runner w WHERE w.run = r.id AND pawl.is_alive(w)),
       (SELECT pg_catalog.bool_and(l.exhausted) FROM pawl.leaf l WHERE l.run = r.id),
       (SELECT pg_catalog.count(*) FROM pawl.range g WHERE g.run = r.id AND g.state <> 'done'),
       pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), '0/0')::pg_catalog.int8,
       EXISTS (SELECT FROM beat)
  FROM pawl.run r WHERE r.id = $1
