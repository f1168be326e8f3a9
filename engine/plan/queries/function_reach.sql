-- Sent by plan::resolve: where each of the functions $1 can lead, at any distance: from a function
-- to what its source names (functions, operators, tables; and to every cast that is not the
-- server's own) and what the catalog knows it to need; from a view to what it shows; from a table
-- that may be written to its triggers, rules, defaults, checks, and the tables that the actions of
-- foreign keys change. A name counts in whatever schema, so that the answer errs towards caution.
-- One row for each: its OID; does it read any table; may it read one of the tables $2, which are
-- changed; may it write one of the tables $3, which the statement reads; a function on the way that
-- runs SQL which is put together or given as a text, and one in a language that is not read here
-- (each empty if it is the function itself, NULL if there is none; in both the members of an
-- extension are trusted, but for those that are known to run a text); may it write any table. No
-- lock.
WITH RECURSIVE node (kind, oid, source, kinds, oids) AS (
  -- kind: f a function; of a table or view r if it may be read, w written, k changed in columns
  -- that foreign keys refer to, d rid of rows, m refreshed
  SELECT '', 0::pg_catalog.oid, '' COLLATE pg_catalog."C",
         pg_catalog.array_fill('f'::pg_catalog.text,
                               ARRAY[pg_catalog.cardinality($1::pg_catalog.oid[])]),
         $1::pg_catalog.oid[]
  UNION
  SELECT n.kind, n.oid, s.source, e.kinds, e.oids
    FROM (SELECT DISTINCT x.kind, x.oid
            FROM node m CROSS JOIN LATERAL ROWS FROM (
                   pg_catalog.unnest(m.kinds), pg_catalog.unnest(m.oids)) x(kind, oid)) n
    CROSS JOIN LATERAL (
      SELECT (SELECT pg_catalog.regexp_replace(pg_catalog.regexp_replace(
                       pg_catalog.concat(p.prosrc, ' ', pg_catalog.pg_get_function_sqlbody(p.oid)),
                       -- Comments go; literals stay, so that what looks like a comment in one does.
                       '(\m[eE]''(?:[^''\\]|''''|\\.)*''|''(?:[^'']|'''')*''|"[^"]*")'
                       '|--[^\n]*|/\*(?:[^*]|\*+[^*/])*\*+/', '\1 ', 'g'),
                       'distinct\s+from\s', 'distinct ', 'gi')
                FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_language l ON l.oid = p.prolang
               WHERE p.oid = n.oid AND n.kind = 'f' AND l.lanname NOT IN ('internal', 'c')
                 AND p.pronamespace NOT IN ('pg_catalog'::pg_catalog.regnamespace,
                                            'information_schema'::pg_catalog.regnamespace))
      OFFSET 0) s(source)
    CROSS JOIN LATERAL (
      SELECT pg_catalog.array_agg(t.kind), pg_catalog.array_agg(t.oid)
        FROM (
          SELECT o.kind, o.oid
            FROM (SELECT DISTINCT v.word::pg_catalog.name
                    FROM pg_catalog.unnest(ARRAY['(?:[^[:space:][:punct:]]|[_$])+',
                                                 '"([^"]+)(?=")']) x(pattern)
                    CROSS JOIN LATERAL pg_catalog.regexp_matches(s.source, x.pattern, 'g') f(found)
                    CROSS JOIN LATERAL pg_catalog.unnest(
                      ARRAY[f.found[1], pg_catalog.lower(f.found[1])]) v(word)) w(word)
            CROSS JOIN LATERAL (
              SELECT 'f', p.oid FROM pg_catalog.pg_proc p
               WHERE p.proname = w.word
                 AND p.pronamespace <> 'pg_catalog'::pg_catalog.regnamespace
              UNION ALL
              SELECT a.kind, c.oid
                FROM pg_catalog.pg_class c
                CROSS JOIN LATERAL (
                  SELECT '\s+(only\s*\(?\s*|concurrently\s+)?("?[\w$]+"?\s*\.\s*)?"?'
                         || pg_catalog.regexp_replace(c.relname, '(\W)', '\\\1', 'g')
                         || '(?![\w$])') e(name)
                CROSS JOIN LATERAL (VALUES
                  ('r', true),
                  ('w', s.source ~* ('\m(into|update|copy)' || e.name)),
                  ('d', s.source ~* ('\m(delete\s+from|merge\s+into)' || e.name
                                     || '|\mtruncate\M')),
                  ('m', c.relkind = 'm' AND s.source ~* ('\mview' || e.name)),
                  ('k', s.source ~* ('\mupdate' || e.name) AND EXISTS (
                     SELECT FROM pg_catalog.pg_constraint k
                       JOIN pg_catalog.pg_attribute b
                         ON b.attrelid = c.oid AND b.attnum = ANY (k.confkey)
                      WHERE k.confrelid = c.oid AND k.contype = 'f'
                        AND s.source ~* ('\mset\M(\s*\([^)]*|((?!\m(where|from)\M)[^;])*)\m'
                              || pg_catalog.regexp_replace(b.attname, '(\W)', '\\\1', 'g')
                              || '"?\s*[=,)]')))) a(kind, applies)
               WHERE c.relname = w.word AND a.applies
                 AND (c.relkind IN ('r', 'p', 'v') OR (c.relkind = 'm' AND s.source ~* 'refresh'))
                 AND s.source ~* '\m(from|table|into|update|truncate|copy|refresh)\M') o(kind, oid)
          UNION ALL
          SELECT 'f', o.oprcode::pg_catalog.oid
            FROM pg_catalog.pg_operator o
           WHERE o.oprnamespace <> 'pg_catalog'::pg_catalog.regnamespace
             AND pg_catalog.strpos(s.source, o.oprname::pg_catalog.text) > 0
          UNION ALL
          -- Those that came with the server have an OID below this.
          SELECT 'f', k.castfunc
            FROM pg_catalog.pg_cast k WHERE k.oid >= 16384 AND s.source IS NOT NULL
          UNION ALL
          SELECT CASE WHEN d.refclassid <> 'pg_catalog.pg_class'::pg_catalog.regclass THEN 'f'
                      WHEN n.kind IN ('f', 'm') THEN 'r' ELSE n.kind END,
                 coalesce(o.oprcode::pg_catalog.oid, d.refobjid)
            FROM (SELECT 'pg_catalog.pg_proc'::pg_catalog.regclass, n.oid WHERE n.kind = 'f'
                  UNION ALL
                  SELECT 'pg_catalog.pg_rewrite'::pg_catalog.regclass, w.oid
                    FROM pg_catalog.pg_rewrite w
                   WHERE w.ev_class = n.oid AND (w.ev_type = '1' OR n.kind <> 'r')
                  UNION ALL
                  SELECT 'pg_catalog.pg_attrdef'::pg_catalog.regclass, a.oid
                    FROM pg_catalog.pg_attrdef a WHERE a.adrelid = n.oid AND n.kind IN ('w', 'k')
                  UNION ALL
                  SELECT 'pg_catalog.pg_constraint'::pg_catalog.regclass, k.oid
                    FROM pg_catalog.pg_constraint k
                   WHERE k.conrelid = n.oid AND k.contype = 'c' AND n.kind IN ('w', 'k')
                 ) h(classid, oid)
            JOIN pg_catalog.pg_depend d
              ON d.classid = h.classid AND d.objid = h.oid
                 AND d.refclassid IN ('pg_catalog.pg_proc'::pg_catalog.regclass,
                                      'pg_catalog.pg_operator'::pg_catalog.regclass,
                                      'pg_catalog.pg_class'::pg_catalog.regclass)
            LEFT JOIN pg_catalog.pg_operator o
              ON d.refclassid = 'pg_catalog.pg_operator'::pg_catalog.regclass AND o.oid = d.refobjid
          UNION ALL
          SELECT 'f', g.tgfoid
            FROM pg_catalog.pg_trigger g
           WHERE g.tgrelid = n.oid AND NOT g.tgisinternal AND g.tgenabled <> 'D'
             -- 4 INSERT, 8 DELETE, 16 UPDATE, 32 TRUNCATE
             AND g.tgtype & CASE n.kind WHEN 'w' THEN 20 WHEN 'k' THEN 16 WHEN 'd' THEN 40
                                        ELSE 0 END <> 0
          UNION ALL
          SELECT CASE WHEN n.kind = 'd' AND k.confdeltype = 'c' THEN 'd' ELSE 'k' END, k.conrelid
            FROM pg_catalog.pg_constraint k
           WHERE k.confrelid = n.oid AND k.contype = 'f'
             AND CASE n.kind WHEN 'k' THEN k.confupdtype WHEN 'd' THEN k.confdeltype END
                 IN ('c', 'n', 'd')
          UNION ALL
          SELECT n.kind, i.inhrelid FROM pg_catalog.pg_inherits i WHERE i.inhparent = n.oid
        ) t(kind, oid)
    ) e(kinds, oids)
), trait AS (
  SELECT n.oid, p.proname, n.source ~* '\m(from|table|execute)\M' AS reads,
         coalesce(n.source, p.prosrc) ~* 
           '\m((query|table|schema|database|cursor)_to_xml\w*|ts_stat\d?|ts_rewrite|'
           'tsquery_rewrite_query|currtid\w*|crosstab\w*|connectby\w*|dblink\w*|xpath_table|'
           'check_(primary|foreign)_key)\M'
           -- U&"..." may spell any name.
           OR (n.source ~* '\mexecute\M|\mu&"' AND NOT m.is_member) AS builds,
         p.pronamespace <> 'pg_catalog'::pg_catalog.regnamespace AND NOT m.is_member
           AND l.lanname NOT IN ('internal', 'sql', 'plpgsql')
           AND (p.provolatile <> 'i' OR p.prorettype = 'pg_catalog.trigger'::pg_catalog.regtype)
           AS is_closed
    FROM node n
    JOIN pg_catalog.pg_proc p ON p.oid = n.oid AND n.kind = 'f'
    JOIN pg_catalog.pg_language l ON l.oid = p.prolang
    CROSS JOIN LATERAL (
      SELECT EXISTS (SELECT FROM pg_catalog.pg_depend d
                      WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
                        AND d.objid = p.oid AND d.deptype = 'e')) m(is_member)
), led (start, kind, oid) AS (
  SELECT s.oid, 'f', s.oid FROM pg_catalog.unnest($1::pg_catalog.oid[]) s(oid)
  UNION
  SELECT l.start, x.kind, x.oid
    FROM led l JOIN node n ON n.kind = l.kind AND n.oid = l.oid
    CROSS JOIN LATERAL ROWS FROM (
           pg_catalog.unnest(n.kinds), pg_catalog.unnest(n.oids)) x(kind, oid)
)
SELECT l.start, coalesce(pg_catalog.bool_or(t.reads), false),
       pg_catalog.bool_or(l.kind <> 'f' AND l.oid = ANY ($2::pg_catalog.oid[])),
       pg_catalog.bool_or(l.kind NOT IN ('f', 'r') AND l.oid = ANY ($3::pg_catalog.oid[])),
       CASE WHEN pg_catalog.bool_or(t.builds AND l.oid = l.start) THEN ''
            ELSE pg_catalog.min(t.proname::pg_catalog.text) FILTER (WHERE t.builds) END,
       CASE WHEN pg_catalog.bool_or(t.is_closed AND l.oid = l.start) THEN ''
            ELSE pg_catalog.min(t.proname::pg_catalog.text) FILTER (WHERE t.is_closed) END,
       pg_catalog.bool_or(l.kind NOT IN ('f', 'r'))
  FROM led l LEFT JOIN trait t ON t.oid = l.oid AND l.kind = 'f'
 GROUP BY l.start
