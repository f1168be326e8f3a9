-- Sent once by lint::read_schema: the constraints of all tables. $1 = the session's own schema. No
-- lock.
SELECT k.conrelid, k.conname, k.contype, k.convalidated, k.condeferred,
       ARRAY(SELECT a.attname::text
               FROM pg_catalog.unnest(k.conkey) WITH ORDINALITY AS u(num, place)
               JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.num
              ORDER BY u.place),
       CASE WHEN n.nspname = $1::text THEN '' ELSE n.nspname END, p.relname,
       ARRAY(SELECT a.attname::text
               FROM pg_catalog.unnest(k.confkey) WITH ORDINALITY AS u(num, place)
               JOIN pg_catalog.pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.num
              ORDER BY u.place),
       CASE WHEN k.contype = 'c' THEN pg_catalog.pg_get_constraintdef(k.oid) END
  FROM pg_catalog.pg_constraint k
  LEFT JOIN pg_catalog.pg_class p ON p.oid = k.confrelid
  LEFT JOIN pg_catalog.pg_namespace n ON n.oid = p.relnamespace
 WHERE k.conrelid <> 0
 ORDER BY k.conrelid, k.conname
