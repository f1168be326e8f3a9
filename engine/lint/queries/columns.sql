-- Sent once by lint::read_schema: the columns of all tables, with type, modifiers and, for a
-- generated one, the columns it is made of. $1 = the session's own schema. No lock.
SELECT a.attrelid, a.attname,
       CASE WHEN n.nspname IN ('pg_catalog', 'public', $1::text) THEN t.typname
            ELSE n.nspname || '.' || t.typname END,
       CASE WHEN a.atttypmod < 0 THEN '{}'::int[]
            WHEN t.typname IN ('varchar', 'bpchar') THEN ARRAY[a.atttypmod - 4]
            WHEN t.typname = 'numeric'
            THEN ARRAY[((a.atttypmod - 4) >> 16) & 65535, (a.atttypmod - 4) & 2047]
            WHEN t.typname = 'interval' AND a.atttypmod & 65535 = 65535
            THEN ARRAY[a.atttypmod >> 16 & 65535]
            WHEN t.typname = 'interval'
            THEN ARRAY[a.atttypmod >> 16 & 65535, a.atttypmod & 65535]
            ELSE ARRAY[a.atttypmod] END::text[],
       y.typelem <> 0 AND y.typcategory = 'A',
       a.attnotnull,
       ARRAY(SELECT DISTINCT s.attname::text
               FROM pg_catalog.pg_depend d
               JOIN pg_catalog.pg_attribute s
                 ON s.attrelid = d.refobjid AND s.attnum = d.refobjsubid
              WHERE a.attgenerated <> '' AND d.refclassid = 'pg_catalog.pg_class'::regclass
                AND d.refobjid = a.attrelid AND d.refobjsubid NOT IN (0, a.attnum)
                AND ((d.classid = 'pg_catalog.pg_class'::regclass
                      AND d.objid = a.attrelid AND d.objsubid = a.attnum)
                     OR (d.classid = 'pg_catalog.pg_attrdef'::regclass
                         AND d.objid = (SELECT f.oid FROM pg_catalog.pg_attrdef f
                                         WHERE f.adrelid = a.attrelid AND f.adnum = a.attnum))))
  FROM pg_catalog.pg_attribute a
  JOIN pg_catalog.pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p')
  JOIN pg_catalog.pg_type y ON y.oid = a.atttypid
  JOIN pg_catalog.pg_type t
    ON t.oid = CASE WHEN y.typelem <> 0 AND y.typcategory = 'A' THEN y.typelem ELSE y.oid END
  JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
 WHERE a.attnum > 0 AND NOT a.attisdropped
   AND c.relnamespace <> 'pg_catalog'::regnamespace AND $1::text IS NOT NULL
 ORDER BY a.attrelid, a.attnum
