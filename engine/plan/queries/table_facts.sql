-- Sent by `pawl plan` for the table that is changed ($1), its partitions included: indexes of the
-- largest of them, rows, bytes of rows and of indexes, the smallest fillfactor. No lock.
SELECT coalesce(pg_catalog.max(i.indexes), 0),
       pg_catalog.sum(greatest(c.reltuples, 0)) FILTER (WHERE c.relkind = 'r'),
       coalesce(pg_catalog.sum(pg_catalog.pg_table_size(c.oid)), 0)::pg_catalog.int8,
       coalesce(pg_catalog.sum(pg_catalog.pg_indexes_size(c.oid)), 0)::pg_catalog.int8,
       coalesce(pg_catalog.min((SELECT o.option_value::pg_catalog.int4
                                  FROM pg_catalog.pg_options_to_table(c.reloptions) o
                                 WHERE o.option_name = 'fillfactor')), 100),
       coalesce(pg_catalog.bool_and(c.reltuples >= 0) FILTER (WHERE c.relkind = 'r'), false)
  FROM (SELECT t.relid AS oid FROM pg_catalog.pg_partition_tree($1::pg_catalog.oid) t
        UNION SELECT $1::pg_catalog.oid) k
  JOIN pg_catalog.pg_class c ON c.oid = k.oid
 CROSS JOIN LATERAL (SELECT pg_catalog.count(*) AS indexes FROM pg_catalog.pg_index x
                      WHERE x.indrelid = c.oid AND x.indislive) i
