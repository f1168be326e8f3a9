-- Sent once by plan::resolve: the row and statement triggers that the change fires on $1, and the
-- row triggers of its partitions ($2 is pg_trigger.tgtype's bit for the kind of change). No lock.
SELECT DISTINCT t.tgname::text, (t.tgtype & 1) <> 0 AS for_each_row
  FROM pg_catalog.pg_trigger t
 WHERE (t.tgrelid = $1::pg_catalog.oid
        OR ((t.tgtype & 1) <> 0
            AND t.tgrelid IN (SELECT k.relid
                                FROM pg_catalog.pg_partition_tree($1::pg_catalog.oid) k)))
   AND NOT t.tgisinternal AND t.tgenabled <> 'D'
   AND (t.tgtype & $2::int) <> 0
 ORDER BY 1
