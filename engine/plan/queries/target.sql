-- Sent once by plan::resolve, under the session's own search_path: $1 = the name as the statement
-- has it, quoted. Takes no lock on the table.
SELECT c.oid, c.relkind, c.relpersistence, pg_catalog.row_security_active(c.oid),
       pg_catalog.format('%I.%I', n.nspname, c.relname),
       (SELECT count(*) FROM pg_catalog.pg_inherits i WHERE i.inhparent = c.oid) AS children,
       pg_catalog.has_table_privilege(c.oid, 'UPDATE') OR
         pg_catalog.has_any_column_privilege(c.oid, 'UPDATE') AS may_update,
       pg_catalog.has_table_privilege(c.oid, 'DELETE') AS may_delete,
       c.relname::pg_catalog.text,
       pg_catalog.has_table_privilege(c.oid, 'INSERT') OR
         pg_catalog.has_any_column_privilege(c.oid, 'INSERT') AS may_insert,
       pg_catalog.has_table_privilege(c.oid, 'SELECT') OR
         pg_catalog.has_any_column_privilege(c.oid, 'SELECT') AS may_select,
       CASE WHEN c.relkind = 'p'
            THEN (SELECT coalesce(pg_catalog.sum(pg_catalog.pg_table_size(t.relid)), 0)
                    FROM pg_catalog.pg_partition_tree(c.oid) t)::pg_catalog.int8
            WHEN c.relkind IN ('r', 'm') THEN pg_catalog.pg_table_size(c.oid) ELSE 0 END,
       current_user,
       c.relhasrules AND c.relkind IN ('r', 'p')
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE c.oid = pg_catalog.to_regclass($1)
