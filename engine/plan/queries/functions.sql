-- Sent by plan::resolve: the functions $1 that a statement calls, as written and maybe qualified.
-- Any overload of the name counts, in whatever schema, so that the answer errs towards caution.
-- One row for each: can it aggregate or rank, can it be volatile, and may it read the table $2 that
-- the statement changes: its source, or that of a function it calls, names it or reads some table.
-- No lock.
SELECT f.name,
       coalesce(pg_catalog.bool_or(p.prokind IN ('a', 'w')), false),
       coalesce(pg_catalog.bool_or(p.provolatile = 'v'), true),
       coalesce(pg_catalog.bool_or(
         p.pronamespace <> 'pg_catalog'::pg_catalog.regnamespace
         AND (own.body ~* reads.pattern
              OR EXISTS (SELECT FROM pg_catalog.pg_proc q
                          WHERE q.pronamespace <> 'pg_catalog'::pg_catalog.regnamespace
                            AND q.prosrc ~* reads.pattern
                            AND own.body ~* ('\m' || pg_catalog.regexp_replace(
                                               q.proname, '(\W)', '\\\1', 'g') || '\M')))), false)
  FROM pg_catalog.unnest($1::pg_catalog.text[]) AS f(name)
  LEFT JOIN pg_catalog.pg_proc p
    ON p.proname = pg_catalog.split_part(f.name, '.', CASE WHEN f.name LIKE '%.%' THEN 2 ELSE 1 END)
 CROSS JOIN LATERAL (
   SELECT CASE WHEN p.prokind IN ('a', 'w') THEN ''
               ELSE pg_catalog.concat(p.prosrc, pg_catalog.pg_get_function_sqlbody(p.oid))
          END) own(body)
 CROSS JOIN (SELECT '\m(from|execute|table|' || pg_catalog.regexp_replace($2, '(\W)', '\\\1', 'g')
                    || ')\M') reads(pattern)
 GROUP BY f.name
