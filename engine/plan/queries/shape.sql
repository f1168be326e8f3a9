-- Sent by plan::resolve, and in every batch behind its data statement, when the table's lock is
-- held: what a change of the target under the run would change. $1 = the table, $2 = the columns
-- that the batch relies on, $3 = its name, $4 = the name of the table that is changed, $5 = that of
-- the table whose rows are walked. One row: counters of this transaction's updates, the OID
-- behind the name, the columns, the OID of the changed table, and whether the table is the walked
-- one or still a partition of it. It stands under the job's search_path, so no name of a type may
-- depend on that.
SELECT pg_catalog.pg_stat_get_xact_tuples_updated($1::pg_catalog.oid),
       pg_catalog.pg_stat_get_xact_tuples_hot_updated($1::pg_catalog.oid),
       pg_catalog.to_regclass($3)::pg_catalog.oid,
       (SELECT pg_catalog.string_agg(
                 pg_catalog.concat_ws(' ', a.attname,
                                      CASE WHEN n.nspname = 'pg_catalog'
                                           THEN pg_catalog.format_type(a.atttypid, a.atttypmod)
                                           ELSE pg_catalog.concat(n.nspname, '.', y.typname, ' ',
                                                                  a.atttypmod) END,
                                      CASE WHEN a.attcollation <> y.typcollation THEN
                                        pg_catalog.concat('COLLATE ', a.attcollation) END),
                 ', ' ORDER BY a.attname)
          FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type y ON y.oid = a.atttypid
          JOIN pg_catalog.pg_namespace n ON n.oid = y.typnamespace
         WHERE a.attrelid = $1::pg_catalog.oid AND NOT a.attisdropped
           AND a.attname = ANY ($2::pg_catalog.name[])),
       pg_catalog.to_regclass($4)::pg_catalog.oid,
       $1::pg_catalog.oid = w.oid
         OR EXISTS (SELECT FROM pg_catalog.pg_partition_ancestors($1::pg_catalog.oid) p(relid)
                     WHERE p.relid = w.oid)
  FROM (SELECT pg_catalog.to_regclass($5)::pg_catalog.oid) AS w(oid)
