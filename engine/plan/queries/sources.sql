-- Sent by plan::resolve under the user's search_path: the tables and views $1 that a statement
-- reads, as it names them, against $2, the table that it changes. One row for each: whether the
-- change can be seen through it (a view over the table, its parent, a partition of it), whether a
-- view in it puts rows together by a set operation, its OID, whether row-level security would hide
-- rows of it, whether a view in it groups, ranks, samples or limits rows, and whether any of it is
-- a foreign table. A name that is found nowhere has no row: the statement itself will say so. No
-- lock.
WITH RECURSIVE family AS (
  SELECT $2::pg_catalog.oid AS oid
  UNION
  SELECT CASE WHEN i.inhrelid = f.oid THEN i.inhparent ELSE i.inhrelid END
    FROM family f JOIN pg_catalog.pg_inherits i ON f.oid IN (i.inhrelid, i.inhparent)
), reached AS (
  SELECT r.name, pg_catalog.to_regclass(r.name)::pg_catalog.oid AS oid
    FROM pg_catalog.unnest($1::pg_catalog.text[]) AS r(name)
   WHERE pg_catalog.to_regclass(r.name) IS NOT NULL
  UNION
  SELECT r.name, d.refobjid
    FROM reached r
    JOIN pg_catalog.pg_rewrite w ON w.ev_class = r.oid
    JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
         AND d.objid = w.oid AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
         AND d.refobjid <> w.ev_class
)
SELECT r.name, pg_catalog.bool_or(r.oid IN (SELECT f.oid FROM family f)),
       coalesce(pg_catalog.bool_or(v.action ~ ':setOperations \{'), false),
       pg_catalog.to_regclass(r.name)::pg_catalog.oid,
       pg_catalog.bool_or(r.oid = pg_catalog.to_regclass(r.name)::pg_catalog.oid
                          AND pg_catalog.row_security_active(r.oid)),
       coalesce(pg_catalog.bool_or(v.action ~ pg_catalog.concat(
         ':(hasAggs|hasWindowFuncs) true|:(groupClause|groupingSets|distinctClause) \(|',
         ':(havingQual|limitOffset|limitCount|tablesample) \{')), false)
         -- A sequence shows another value to each batch.
         OR pg_catalog.bool_or(c.relkind = 'S'),
       pg_catalog.bool_or(c.relkind = 'f')
  FROM reached r
  JOIN pg_catalog.pg_class c ON c.oid = r.oid
  -- A view's query as the server keeps it, with all of its subqueries.
  LEFT JOIN LATERAL (SELECT w.ev_action::pg_catalog.text
                       FROM pg_catalog.pg_rewrite w
                      WHERE w.ev_class = c.oid AND c.relkind = 'v' AND w.ev_type = '1') v(action)
    ON true
 GROUP BY r.name
