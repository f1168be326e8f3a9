-- Sent once by lint::read_schema: the tables and their sizes, those of the session's own schema $1
-- last and without it. ACCESS SHARE on each table while it is measured.
SELECT c.oid, CASE WHEN n.nspname = $1::text THEN '' ELSE n.nspname END, c.relname,
       c.relkind = 'p',
       CASE WHEN c.relkind <> 'p' THEN pg_catalog.pg_relation_size(c.oid)
            ELSE (SELECT pg_catalog.sum(pg_catalog.pg_relation_size(t.relid))::bigint
                    FROM pg_catalog.pg_partition_tree(c.oid) AS t WHERE t.isleaf) END,
       ARRAY(SELECT a.attname::text
               FROM pg_catalog.pg_partitioned_table p
               JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
              WHERE p.partrelid = c.oid
                AND (a.attnum = ANY (p.partattrs)
                     OR EXISTS (SELECT FROM pg_catalog.pg_depend d
                                 WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                                   AND d.objid = c.oid AND d.objsubid = a.attnum
                                   -- Those of its expressions cannot be dropped without it.
                                   AND d.refobjid = c.oid AND d.refobjsubid = 0)))
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p')
   AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pawl')
   AND n.nspname NOT LIKE 'pg\_t%'
 ORDER BY n.nspname = $1::text
