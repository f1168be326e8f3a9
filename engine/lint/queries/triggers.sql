-- Sent once by lint::read_schema: triggers that name columns (UPDATE OF). $1 is not used. No lock.
SELECT g.tgrelid, g.tgname,
       ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a
              WHERE a.attrelid = g.tgrelid AND a.attnum = ANY (g.tgattr))
  FROM pg_catalog.pg_trigger g
 WHERE NOT g.tgisinternal AND pg_catalog.array_length(g.tgattr::int2[], 1) > 0
   AND $1::text IS NOT NULL
