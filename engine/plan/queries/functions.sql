-- Sent by plan::resolve: what runs with a statement: the functions $1 that it calls, as written and
-- maybe qualified; `.f` stands for `t.f`, which calls f of a row where none of the tables $3 has
-- such a column; the operators $2, and all casts, that are not the server's own; what the views
-- among $3 hold, and the views below them; the trigger functions $4; the checks of the tables $5,
-- and the generated columns of the tables $6, or all of their defaults if $7.
-- Any overload of a name counts, in whatever schema, so that the answer errs towards caution.
-- One row for each: its name; where it runs (c called, v in a view, w as a row is written, t
-- trigger); its OID, NULL if there is none of this name; can it aggregate or rank; can it be
-- volatile. No lock.
WITH RECURSIVE named AS (
  SELECT f.name, f.name LIKE '.%' AS is_dotted,
         pg_catalog.split_part(f.name, '.', CASE WHEN f.name LIKE '%.%' THEN 2 ELSE 1 END) AS plain
    FROM pg_catalog.unnest($1::pg_catalog.text[]) AS f(name)
), shown AS (
  SELECT t.oid FROM pg_catalog.unnest($3::pg_catalog.oid[]) AS t(oid)
  UNION
  SELECT d.refobjid
    FROM shown s
    JOIN pg_catalog.pg_class c ON c.oid = s.oid AND c.relkind = 'v'
    JOIN pg_catalog.pg_rewrite w ON w.ev_class = s.oid AND w.ev_type = '1'
    JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
         AND d.objid = w.oid AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
), held AS (
  SELECT c.relname, f.oid
    FROM shown s
    JOIN pg_catalog.pg_class c ON c.oid = s.oid AND c.relkind = 'v'
    JOIN pg_catalog.pg_rewrite w ON w.ev_class = s.oid AND w.ev_type = '1'
    CROSS JOIN LATERAL (
      SELECT coalesce(o.oprcode::pg_catalog.oid, d.refobjid)
        FROM pg_catalog.pg_depend d
        LEFT JOIN pg_catalog.pg_operator o
          ON o.oid = d.refobjid AND d.refclassid = 'pg_catalog.pg_operator'::pg_catalog.regclass
       WHERE d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.objid = w.oid
         AND d.refclassid IN ('pg_catalog.pg_proc'::pg_catalog.regclass,
                              'pg_catalog.pg_operator'::pg_catalog.regclass)
      UNION
      -- The server's own functions have no rows in pg_depend.
      SELECT m.found[1]::pg_catalog.oid
        FROM pg_catalog.regexp_matches(w.ev_action::pg_catalog.text, ':funcid (\d+)', 'g') m(found)
    ) f(oid)
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
                           WHERE a.attrelid = ANY ($3::pg_catalog.oid[]) AND a.attname = n.plain
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
  SELECT pg_catalog.concat(p.proname, ' of view ', h.relname), 'v', p.oid
    FROM held h JOIN pg_catalog.pg_proc p ON p.oid = h.oid
  UNION ALL
  SELECT p.proname, 't', p.oid
    FROM pg_catalog.pg_proc p WHERE p.oid = ANY ($4::pg_catalog.oid[])
  UNION ALL
  SELECT p.proname, 'w', p.oid
    FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_proc p ON p.oid = d.refobjid
   WHERE d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
     AND ((d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass
           AND d.objid IN (SELECT a.oid
                             FROM pg_catalog.pg_attrdef a
                             JOIN pg_catalog.pg_attribute b
                               ON b.attrelid = a.adrelid AND b.attnum = a.adnum
                            WHERE a.adrelid = ANY ($6::pg_catalog.oid[])
                              AND ($7::pg_catalog.bool OR b.attgenerated <> '')))
       OR (d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass
           AND d.objid IN (SELECT k.oid FROM pg_catalog.pg_constraint k WHERE k.contype = 'c'
                              AND (k.conrelid = ANY ($5::pg_catalog.oid[]) OR k.contypid <> 0))))
)
SELECT DISTINCT s.name, s.runs, s.oid, coalesce(p.prokind IN ('a', 'w'), false),
       coalesce(p.provolatile = 'v', true)
  FROM started s
  LEFT JOIN pg_catalog.pg_proc p ON p.oid = s.oid
