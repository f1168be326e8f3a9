-- Sent by plan::resolve: a unique or exclusion constraint of table $1, or of a partition of it,
-- over one of the columns $2 that a statement sets, which is checked when the statement ends, not
-- row by row. One row, NULL without such a constraint. No lock.
SELECT pg_catalog.min(k.conname)
  FROM pg_catalog.pg_constraint k
  JOIN pg_catalog.pg_index i ON i.indexrelid = k.conindid
 WHERE k.conrelid IN (SELECT r.relid FROM pg_catalog.pg_partition_tree($1::pg_catalog.oid) r
                      UNION SELECT $1::pg_catalog.oid)
   AND k.contype IN ('p', 'u', 'x') AND k.condeferrable
   AND EXISTS (SELECT FROM pg_catalog.pg_attribute a
                WHERE a.attrelid = k.conrelid AND a.attname = ANY ($2::pg_catalog.name[])
                  AND (a.attnum = ANY (i.indkey)
                       OR EXISTS (SELECT FROM pg_catalog.pg_depend d
                                   WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                                     AND d.objid = i.indexrelid
                                     AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
                                     AND d.refobjid = k.conrelid AND d.refobjsubid = a.attnum)))
