-- Sent once by lint::read_schema: views, rules and policies, and the columns they read. $1 = the
-- session's own schema. No lock.
SELECT DISTINCT
       CASE WHEN o.relkind IN ('v', 'm') THEN 'view ' || pg_catalog.quote_ident(o.relname)
            WHEN o.oid IS NOT NULL THEN 'rule ' || pg_catalog.quote_ident(r.rulename)
            ELSE 'policy ' || pg_catalog.quote_ident(l.polname) END,
       CASE WHEN n.nspname = $1::text THEN '' ELSE n.nspname END, c.relname, a.attname
  FROM pg_catalog.pg_depend d
  JOIN pg_catalog.pg_class c ON c.oid = d.refobjid AND c.relkind IN ('r', 'p')
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid
  LEFT JOIN pg_catalog.pg_rewrite r
    ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND r.oid = d.objid
  LEFT JOIN pg_catalog.pg_class o ON o.oid = r.ev_class
  LEFT JOIN pg_catalog.pg_policy l
    ON d.classid = 'pg_catalog.pg_policy'::regclass AND l.oid = d.objid
 WHERE d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjsubid > 0
   AND (r.oid IS NOT NULL OR l.oid IS NOT NULL)
   AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pawl')
