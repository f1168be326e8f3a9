-- Sent by plan::resolve and again at the end of each round: the tables that hold the rows of $1, in
-- a stable order; with $2 the table itself, partitioned or not. No lock.
SELECT c.oid, c.relkind, pg_catalog.format('%I.%I', n.nspname, c.relname),
       greatest(c.reltuples, -1), pg_catalog.pg_table_size(c.oid)
  FROM (SELECT t.relid AS oid FROM pg_catalog.pg_partition_tree($1::pg_catalog.oid) t
         WHERE t.isleaf AND NOT $2::pg_catalog.bool
        UNION
        SELECT $1::pg_catalog.oid
         WHERE $2::pg_catalog.bool OR (SELECT k.relkind FROM pg_catalog.pg_class k
                 WHERE k.oid = $1::pg_catalog.oid) <> 'p') l
  JOIN pg_catalog.pg_class c ON c.oid = l.oid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 ORDER BY c.oid
