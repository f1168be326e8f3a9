-- Sent by plan::resolve, and in every batch behind its data statement, when the table's lock is
-- held: what a change of the target under the run would change. $1 = the table, $2 = the columns
-- that the batch relies on, $3 = its name, $4 = the name of the table that is changed. One row:
-- counters of this transaction's updates, the OID behind the name, the shape of both.
SELECT pg_catalog.pg_stat_get_xact_tuples_updated($1::pg_catalog.oid),
       pg_catalog.pg_stat_get_xact_tuples_hot_updated($1::pg_catalog.oid),
       pg_catalog.to_regclass($3)::pg_catalog.oid,
       pg_catalog.concat(pg_catalog.to_regclass($4)::pg_catalog.oid, ': ',
       (SELECT pg_catalog.string_agg(
                 pg_catalog.concat_ws(' ', a.attname, a.atttypid, a.atttypmod, a.attcollation), ', '
                 ORDER BY a.attname)
          FROM pg_catalog.pg_attribute a
         WHERE a.attrelid = $1::pg_catalog.oid AND NOT a.attisdropped
           AND a.attname = ANY ($2::pg_catalog.name[])))
