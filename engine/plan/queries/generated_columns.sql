-- Sent by plan::resolve: the generated columns of table $1 that follow from one of the columns $2,
-- which a statement sets. No lock.
SELECT coalesce(pg_catalog.array_agg(DISTINCT g.attname), '{}')
  FROM pg_catalog.pg_attribute g
  JOIN pg_catalog.pg_attrdef d ON d.adrelid = g.attrelid AND d.adnum = g.attnum
  JOIN pg_catalog.pg_depend p ON p.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass
       AND p.objid = d.oid AND p.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
       AND p.refobjid = g.attrelid
  JOIN pg_catalog.pg_attribute b ON b.attrelid = p.refobjid AND b.attnum = p.refobjsubid
 WHERE g.attrelid = $1::pg_catalog.oid AND g.attgenerated <> '' AND NOT g.attisdropped
   AND b.attname = ANY ($2::pg_catalog.name[]) AND b.attnum <> g.attnum
