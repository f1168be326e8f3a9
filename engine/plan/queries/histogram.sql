-- Sent by plan::resolve for each leaf ($1 schema-qualified name, $2 first key column): the equi-
-- depth points of the key, for progress by position. No row without statistics, nor for a key of
-- arrays, since there is no type for a list of them. No lock.
SELECT s.histogram_bounds::text::text[]
  FROM pg_catalog.pg_stats s
 WHERE pg_catalog.format('%I.%I', s.schemaname, s.tablename) = $1 AND s.attname = $2
   AND s.histogram_bounds IS NOT NULL AND NOT s.inherited
   AND EXISTS (SELECT FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type y ON y.oid = a.atttypid
                WHERE a.attrelid = $1::pg_catalog.regclass AND a.attname = $2
                  AND y.typcategory <> 'A')
