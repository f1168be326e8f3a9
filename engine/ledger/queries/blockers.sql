-- Sent by `pawl status RUN` and by runners that make no checkpoint: who blocks the workers of a
-- run. $1 = the prefix of their application_name.
SELECT DISTINCT b.pid, coalesce(nullif(b.application_name, ''), 'no application name'),
       b.usename::pg_catalog.text, b.state,
       pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - b.xact_start)
  FROM pg_catalog.pg_stat_activity a
 CROSS JOIN LATERAL pg_catalog.unnest(pg_catalog.pg_blocking_pids(a.pid)) AS p(pid)
  JOIN pg_catalog.pg_stat_activity b ON b.pid = p.pid
 WHERE pg_catalog.starts_with(a.application_name, $1) AND a.wait_event_type = 'Lock'
   AND NOT pg_catalog.starts_with(b.application_name, $1)
 ORDER BY 5 DESC NULLS LAST
