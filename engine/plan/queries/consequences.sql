-- Sent by plan::resolve: the tables that a change of the rows of $1 changes too, by the actions of
-- foreign keys (ON DELETE if $3, else ON UPDATE of columns $4), at any distance; and whether $1 or
-- one of the tables and views $2 that the statement reads is among them, or is named by a trigger
-- of any of these. One row. No lock.
WITH RECURSIVE changed AS (
  SELECT o.oid, true AS is_first FROM pg_catalog.unnest($1::pg_catalog.oid[]) AS o(oid)
  UNION
  SELECT k.conrelid, false
    FROM changed c JOIN pg_catalog.pg_constraint k ON k.confrelid = c.oid AND k.contype = 'f'
   WHERE CASE WHEN $3::pg_catalog.bool OR NOT c.is_first THEN k.confdeltype IN ('c', 'n', 'd')
              ELSE false END
      OR (k.confupdtype IN ('c', 'n', 'd')
          AND (NOT c.is_first
               OR EXISTS (SELECT FROM pg_catalog.pg_attribute a
                           WHERE a.attrelid = c.oid AND a.attnum = ANY (k.confkey)
                             AND a.attname = ANY ($4::pg_catalog.name[]))))
), asked AS (
  SELECT pg_catalog.to_regclass(r.name)::pg_catalog.oid AS oid
    FROM pg_catalog.unnest($2::pg_catalog.text[]) AS r(name)
  UNION SELECT pg_catalog.unnest($1::pg_catalog.oid[])
)
SELECT EXISTS (SELECT FROM changed c JOIN asked a ON a.oid = c.oid WHERE NOT c.is_first),
       EXISTS (SELECT FROM changed c
                 JOIN pg_catalog.pg_trigger t ON t.tgrelid = c.oid AND NOT t.tgisinternal
                      AND t.tgenabled <> 'D'
                 JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid
                 JOIN asked a ON true
                 JOIN pg_catalog.pg_class n ON n.oid = a.oid
                WHERE p.prosrc ~* ('\m' || pg_catalog.regexp_replace(n.relname, '(\W)', '\\\1', 'g')
                                   || '\M'))
