-- Sent by plan::resolve for a partitioned table $1 that is to be walked partition by partition,
-- which names a partition where the statement names the table: what would not be the same then.
-- $2: the bits of pg_trigger.tgtype of the change; $3: the columns that it sets to their default;
-- $4: it speaks of whole rows (`*`). One row: the reason, NULL if there is none. No lock.
WITH tree AS (
  SELECT t.relid AS oid, t.relid = $1::pg_catalog.oid AS is_root, t.isleaf
    FROM pg_catalog.pg_partition_tree($1::pg_catalog.oid) t
), shapes AS (
  SELECT t.oid, t.is_root, pg_catalog.array_agg(a.attname ORDER BY a.attnum) AS columns
    FROM tree t JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0
         AND NOT a.attisdropped
   WHERE t.is_root OR t.isleaf
   GROUP BY t.oid, t.is_root
), defaults AS (
  SELECT t.oid, t.is_root, a.attname, pg_catalog.pg_get_expr(d.adbin, d.adrelid) AS text
    FROM tree t JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid
         AND a.attname = ANY ($3::pg_catalog.name[])
    LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
   WHERE t.is_root OR t.isleaf
)
SELECT coalesce(
  (SELECT pg_catalog.concat('trigger ', pg_catalog.min(g.tgname), ' fires once for each statement')
     FROM tree t JOIN pg_catalog.pg_trigger g ON g.tgrelid = t.oid
    WHERE (t.is_root OR t.isleaf) AND NOT g.tgisinternal AND g.tgenabled <> 'D'
      AND g.tgtype & 1 = 0 AND g.tgtype & $2::pg_catalog.int4 <> 0
   HAVING pg_catalog.count(*) > 0),
  (SELECT pg_catalog.concat('partition ', pg_catalog.min(c.relname), ' has rewrite rules')
     FROM tree t JOIN pg_catalog.pg_class c ON c.oid = t.oid
    WHERE NOT t.is_root AND EXISTS (SELECT FROM pg_catalog.pg_rewrite w WHERE w.ev_class = c.oid)
   HAVING pg_catalog.count(*) > 0),
  (SELECT pg_catalog.concat('the columns of partition ', pg_catalog.min(c.relname),
                            ' stand in another order')
     FROM shapes s JOIN shapes r ON r.is_root AND r.columns <> s.columns
     JOIN pg_catalog.pg_class c ON c.oid = s.oid
    WHERE $4::pg_catalog.bool
   HAVING pg_catalog.count(*) > 0),
  (SELECT pg_catalog.concat('"', pg_catalog.min(d.attname), '" has another default in a partition')
     FROM defaults d JOIN defaults r ON r.is_root AND r.attname = d.attname
          AND r.text IS DISTINCT FROM d.text
   HAVING pg_catalog.count(*) > 0))
