-- Sent by a worker while ranges wait to begin a pass: the oldest transaction that a snapshot may
-- still see as running (backend_xid and backend_xmin of this database's sessions and of walsenders,
-- slots, prepared transactions). Versions that died in an older one can be pruned. A VACUUM is left
-- out: the server does not wait for it either. All of it is shown to an ordinary role. No lock.
SELECT least(x.next,
             pg_catalog.min(x.ahead - ((x.ahead - h.xid::pg_catalog.text::pg_catalog.int8)
                                       & 4294967295)))
  FROM (SELECT s.next, s.next + 1073741824 AS ahead  -- 32 bits, of about now, to 64
          FROM (SELECT pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())
                         ::pg_catalog.text::pg_catalog.int8 AS next) s) x
  LEFT JOIN (SELECT v.xid
               FROM pg_catalog.pg_stat_get_activity(NULL) a
              CROSS JOIN LATERAL (VALUES (a.backend_xid), (a.backend_xmin)) v(xid)
              WHERE a.pid <> pg_catalog.pg_backend_pid()
                AND a.pid NOT IN (SELECT p.pid FROM pg_catalog.pg_stat_progress_vacuum p)
                AND (coalesce(a.datid, 0) = 0
                     OR a.datid = (SELECT d.oid FROM pg_catalog.pg_database d
                                    WHERE d.datname = pg_catalog.current_database()))
             UNION ALL
             SELECT s.xmin FROM pg_catalog.pg_replication_slots s
             UNION ALL
             SELECT p.transaction FROM pg_catalog.pg_prepared_xacts p
              WHERE p.database = pg_catalog.current_database()) h ON h.xid IS NOT NULL
 GROUP BY x.next
