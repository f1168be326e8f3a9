-- Sent once by lint::read_schema: the functions that are not PostgreSQL's own, and whether any of
-- that name is volatile. $1 is not used. No lock.
SELECT p.proname, pg_catalog.bool_or(p.provolatile = 'v')
  FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
 WHERE p.prokind = 'f' AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pawl')
   AND $1::text IS NOT NULL
 GROUP BY p.proname
