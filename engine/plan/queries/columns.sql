-- Sent by plan::resolve, and for the choice of passes: the columns $2 of $1, with what matters
-- about them. search_path must be pg_catalog, so that types come out qualified. No lock.
SELECT a.attname::text, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attgenerated <> '',
       -- A summarizing index (BRIN) keeps no update from being HOT, since PostgreSQL 16.
       -- An index of one partition counts.
       EXISTS (SELECT FROM (SELECT k.relid FROM pg_catalog.pg_partition_tree(a.attrelid) k
                            UNION SELECT a.attrelid) t
                 JOIN pg_catalog.pg_attribute b
                   ON b.attrelid = t.relid AND b.attname = a.attname
                 JOIN pg_catalog.pg_index i ON i.indrelid = t.relid
                 JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
                 JOIN pg_catalog.pg_am m ON m.oid = x.relam
                WHERE NOT (m.amname = 'brin'
                           AND pg_catalog.current_setting('server_version_num')::int4 >= 160000)
                  AND (b.attnum = ANY (i.indkey)
                       OR EXISTS (SELECT FROM pg_catalog.pg_depend d
                                   WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                                     AND d.objid = i.indexrelid
                                     AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
                                     AND d.refobjid = b.attrelid AND d.refobjsubid = b.attnum))),
       EXISTS (SELECT FROM pg_catalog.pg_partition_tree(a.attrelid) t
                 JOIN pg_catalog.pg_partitioned_table p ON p.partrelid = t.relid
                 JOIN pg_catalog.pg_attribute pa ON pa.attrelid = t.relid
                WHERE pa.attname = a.attname
                  AND (pa.attnum = ANY (p.partattrs)
                       -- in an expression, or so it seems
                       OR (0 = ANY (p.partattrs)
                           AND pg_catalog.strpos(pg_catalog.pg_get_partkeydef(t.relid),
                                                 pa.attname) > 0)))
  FROM pg_catalog.pg_attribute a
 WHERE a.attrelid = $1::pg_catalog.oid AND a.attnum > 0 AND NOT a.attisdropped
   AND a.attname::text = ANY ($2::text[])
