-- Sent by plan::resolve and again at the end of each round: the tables that hold the rows of $1, in
-- a stable order; with $2 the table itself, partitioned or not. For the role at work: does
-- row-level security hide rows of it, may it read it, may it do $3 to it (a partition is named by
-- itself in each batch, so rights on its parent do not count). No lock.
SELECT c.oid, c.relkind, pg_catalog.format('%I.%I', n.nspname, c.relname),
       greatest(c.reltuples, -1), pg_catalog.pg_table_size(c.oid),
       pg_catalog.row_security_active(c.oid),
       pg_catalog.has_any_column_privilege(c.oid, 'SELECT'),
       CASE WHEN $3 = 'DELETE' THEN pg_catalog.has_table_privilege(c.oid, $3)
            ELSE pg_catalog.has_any_column_privilege(c.oid, $3) END,
       current_user
  FROM (SELECT t.relid AS oid FROM pg_catalog.pg_partition_tree($1::pg_catalog.oid) t
         WHERE t.isleaf AND NOT $2::pg_catalog.bool
        UNION
        SELECT $1::pg_catalog.oid
         WHERE $2::pg_catalog.bool OR (SELECT k.relkind FROM pg_catalog.pg_class k
                 WHERE k.oid = $1::pg_catalog.oid) <> 'p') l
  JOIN pg_catalog.pg_class c ON c.oid = l.oid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 ORDER BY c.oid
