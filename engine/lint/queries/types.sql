-- Sent once by lint::read_schema: enums with their values, domains with their base type, and
-- whether a domain is constrained. $1 = the session's own schema. No lock.
SELECT CASE WHEN n.nspname = $1::text THEN '' ELSE n.nspname END, t.typname, t.typtype,
       ARRAY(SELECT e.enumlabel::text FROM pg_catalog.pg_enum e
              WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder),
       b.typname,
       CASE WHEN t.typtypmod < 0 THEN '{}'::int[]
            WHEN b.typname IN ('varchar', 'bpchar') THEN ARRAY[t.typtypmod - 4]
            WHEN b.typname = 'numeric'
            THEN ARRAY[((t.typtypmod - 4) >> 16) & 65535, (t.typtypmod - 4) & 2047]
            ELSE ARRAY[t.typtypmod] END::text[],
       false,
       t.typnotnull OR EXISTS (SELECT FROM pg_catalog.pg_constraint k
                                WHERE k.contypid = t.oid AND k.contype = 'c')
  FROM pg_catalog.pg_type t
  JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
  LEFT JOIN pg_catalog.pg_type b ON b.oid = t.typbasetype
 WHERE t.typtype IN ('e', 'd') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
