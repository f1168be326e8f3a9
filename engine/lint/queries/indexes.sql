-- Sent once by lint::read_schema: the indexes of all tables: their columns in order ('' for an
-- expression) and those that expressions and predicate read. $1 is not used. No lock.
SELECT i.indrelid, c.relname,
       ARRAY(SELECT COALESCE(a.attname::text, '')
               FROM pg_catalog.generate_series(0, i.indnkeyatts - 1) AS place
               LEFT JOIN pg_catalog.pg_attribute a
                 ON a.attrelid = i.indrelid AND a.attnum = i.indkey[place] AND a.attnum > 0
              ORDER BY place),
       CASE WHEN i.indexprs IS NULL AND i.indpred IS NULL THEN '{}'::text[]
            ELSE ARRAY(SELECT DISTINCT a.attname::text
                         FROM pg_catalog.pg_depend d
                         JOIN pg_catalog.pg_attribute a
                           ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
                        WHERE d.classid = 'pg_catalog.pg_class'::regclass
                          AND d.objid = i.indexrelid
                          AND d.refclassid = 'pg_catalog.pg_class'::regclass
                          AND d.refobjid = i.indrelid AND d.refobjsubid > 0
                          AND (d.deptype = 'a' OR NOT d.refobjsubid = ANY (i.indkey))) END,
       i.indisunique, i.indpred IS NOT NULL, i.indisvalid,
       EXISTS (SELECT FROM pg_catalog.pg_constraint k
                WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
  FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
 WHERE $1::text IS NOT NULL AND c.relnamespace <> 'pg_catalog'::regnamespace
 ORDER BY i.indrelid, c.relname
