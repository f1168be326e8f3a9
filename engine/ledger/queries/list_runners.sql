-- Sent by `pawl status RUN`: its runners, and the session that blocks one of their backends.
SELECT w.id, w.host, w.version, w.connections, pawl.is_alive(w),
       pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - w.started_at),
       (SELECT pg_catalog.count(*) FROM pawl.range g WHERE g.run = w.run AND g.runner = w.id)
  FROM pawl.runner w WHERE w.run = $1 ORDER BY w.started_at
