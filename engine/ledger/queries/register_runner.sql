-- Sent once by a runner on its control connection, whose backend tells later whether it lives.
INSERT INTO pawl.runner (id, run, host, version, protocol, connections, pid, backend_start,
                         lease_until)
SELECT $1::pg_catalog.uuid, $2, $3, $4, $5, $6, $7,
       (SELECT a.backend_start FROM pg_catalog.pg_stat_activity a
         WHERE a.pid = pg_catalog.pg_backend_pid()),
       pg_catalog.clock_timestamp() + pg_catalog.make_interval(secs => $8)
ON CONFLICT (id) DO UPDATE SET pid = EXCLUDED.pid, backend_start = EXCLUDED.backend_start,
                               lease_until = EXCLUDED.lease_until
