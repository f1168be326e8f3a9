-- Sent by plan::resolve: what runs with a statement: the functions $1 that it calls, as written and
-- maybe qualified; `.f` stands for `t.f`, which calls f of a row where none of the tables $4 has
-- such a column; the operators $2, and all casts, that are not the server's own; the trigger
-- functions $5; the checks of table $6, and its defaults if $7.
-- Any overload of a name counts, in whatever schema, so that the answer errs towards caution.
-- One row for each, with where it runs (c called, w as a row is written, t trigger): can it
-- aggregate or rank, can it be volatile, may it read one of the changed tables $3, and does it name
-- one of the tables $8 that the statement reads. It may read a table that its source, or that of a
-- function it calls at any distance, names; what is called, also if it reads any table at all, for
-- that could be a view. Functions in C are not looked into. No lock.
WITH RECURSIVE named AS (
  SELECT f.name, f.name LIKE '.%' AS is_dotted,
         pg_catalog.split_part(f.name, '.', CASE WHEN f.name LIKE '%.%' THEN 2 ELSE 1 END) AS plain
    FROM pg_catalog.unnest($1::pg_catalog.text[]) AS f(name)
), started AS (
  SELECT n.name, 'c' AS runs, p.oid
    FROM named n
    LEFT JOIN pg_catalog.pg_proc p ON p.proname = n.plain
         AND (NOT n.is_dotted OR (p.pronargs > 0 AND p.pronargs - p.pronargdefaults <= 1
              AND EXISTS (SELECT FROM pg_catalog.pg_type y
                           WHERE y.oid = p.proargtypes[0] AND y.typtype IN ('c', 'p'))))
   WHERE NOT n.is_dotted
      OR (p.oid IS NOT NULL
          AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a
                           WHERE a.attrelid = ANY ($4::pg_catalog.oid[]) AND a.attname = n.plain
                             AND NOT a.attisdropped))
  UNION ALL
  SELECT pg_catalog.concat('of operator ', o.oprname), 'c', o.oprcode::pg_catalog.oid
    FROM pg_catalog.pg_operator o
   WHERE o.oprname = ANY ($2::pg_catalog.name[])
     AND o.oprnamespace <> 'pg_catalog'::pg_catalog.regnamespace
  UNION ALL
  SELECT pg_catalog.concat('of the cast to ', pg_catalog.format_type(k.casttarget, NULL)), 'c',
         p.oid
    FROM pg_catalog.pg_cast k JOIN pg_catalog.pg_proc p ON p.oid = k.castfunc
   WHERE p.pronamespace <> 'pg_catalog'::pg_catalog.regnamespace
  UNION ALL
  SELECT p.proname, 't', p.oid
    FROM pg_catalog.pg_proc p WHERE p.oid = ANY ($5::pg_catalog.oid[])
  UNION ALL
  SELECT p.proname, 'w', p.oid
    FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_proc p ON p.oid = d.refobjid
   WHERE d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
     AND ((d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND $7::pg_catalog.bool
           AND d.objid IN (SELECT a.oid FROM pg_catalog.pg_attrdef a WHERE a.adrelid = $6))
       OR (d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass
           AND d.objid IN (SELECT k.oid FROM pg_catalog.pg_constraint k WHERE k.contype = 'c'
                              AND ($6 = k.conrelid OR k.contypid <> 0))))
), read AS (
  SELECT p.oid, p.proname,
         pg_catalog.regexp_replace(
           pg_catalog.concat(p.prosrc, pg_catalog.pg_get_function_sqlbody(p.oid)),
           '--[^\n]*', ' ', 'g') AS body
    FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_language l ON l.oid = p.prolang
   WHERE p.prokind IN ('f', 'p') AND l.lanname NOT IN ('internal', 'c')
     AND p.pronamespace NOT IN ('pg_catalog'::pg_catalog.regnamespace,
                                'information_schema'::pg_catalog.regnamespace)
), reached AS (
  SELECT s.name, s.runs, r.oid, r.body FROM started s JOIN read r ON r.oid = s.oid
  UNION
  SELECT o.name, o.runs, r.oid, r.body
    FROM reached o JOIN read r
      ON o.body ~* ('\m' || pg_catalog.regexp_replace(r.proname, '(\W)', '\\\1', 'g') || '\M')
), sought AS (
  SELECT '\m(' || pg_catalog.string_agg(pg_catalog.regexp_replace(n.name, '(\W)', '\\\1', 'g'), '|')
         || ')\M' AS changed,
         (SELECT '\m(' || pg_catalog.string_agg(
                   pg_catalog.regexp_replace(n.name, '(\W)', '\\\1', 'g'), '|') || ')\M'
            FROM pg_catalog.unnest($8::pg_catalog.text[]) AS n(name)) AS asked
    FROM pg_catalog.unnest($3::pg_catalog.text[]) AS n(name)
), found AS (
  SELECT r.name, r.runs,
         pg_catalog.bool_or(r.body ~* k.changed
                            OR (r.runs = 'c' AND r.body ~* '\m(from|execute|table)\M')) AS changed,
         pg_catalog.bool_or(r.body ~* k.asked) AS asked
    FROM reached r CROSS JOIN sought k
   GROUP BY r.name, r.runs
)
SELECT s.name, s.runs,
       coalesce(pg_catalog.bool_or(p.prokind IN ('a', 'w')), false),
       coalesce(pg_catalog.bool_or(p.provolatile = 'v'), true),
       coalesce(pg_catalog.bool_or(f.changed), false), coalesce(pg_catalog.bool_or(f.asked), false)
  FROM started s
  LEFT JOIN pg_catalog.pg_proc p ON p.oid = s.oid
  LEFT JOIN found f ON f.name = s.name AND f.runs = s.runs
 GROUP BY s.name, s.runs
