-- Sent once by plan::resolve for a pending proof: which of the functions $1, operators $2 and cast
-- targets $3 (names as written, maybe qualified) could be volatile. Any overload of the name
-- counts, in whatever schema, so that the answer errs towards "volatile". Names that are not in
-- the catalog come back too, except the grammar's own words, which the caller does not send. No
-- lock.
SELECT f.name
  FROM pg_catalog.unnest($1::text[]) AS f(name)
 WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_proc p
                    WHERE p.proname = pg_catalog.split_part(f.name, '.',
                            CASE WHEN f.name LIKE '%.%' THEN 2 ELSE 1 END))
    OR EXISTS (SELECT FROM pg_catalog.pg_proc p
                WHERE p.proname = pg_catalog.split_part(f.name, '.',
                        CASE WHEN f.name LIKE '%.%' THEN 2 ELSE 1 END)
                  AND p.provolatile = 'v')
UNION
SELECT o.name
  FROM pg_catalog.unnest($2::text[]) AS o(name)
 WHERE EXISTS (SELECT FROM pg_catalog.pg_operator x JOIN pg_catalog.pg_proc p ON p.oid = x.oprcode
                WHERE x.oprname = o.name AND p.provolatile = 'v')
UNION
SELECT c.name
  FROM pg_catalog.unnest($3::text[]) AS c(name)
 WHERE EXISTS (SELECT FROM pg_catalog.pg_cast x
                 JOIN pg_catalog.pg_type y ON y.oid = x.casttarget
                 JOIN pg_catalog.pg_proc p ON p.oid = x.castfunc
                WHERE y.typname = pg_catalog.split_part(c.name, '.',
                        CASE WHEN c.name LIKE '%.%' THEN 2 ELSE 1 END)
                  AND p.provolatile = 'v')
