-- Sent by plan::resolve: bytes of the largest of the tables $1, each with its partitions. No lock.
SELECT coalesce(pg_catalog.max(s.bytes), 0)
  FROM (SELECT pg_catalog.sum(pg_catalog.pg_table_size(t.relid))::pg_catalog.int8 AS bytes
          FROM pg_catalog.unnest($1::pg_catalog.oid[]) AS o(oid)
         CROSS JOIN LATERAL (SELECT p.relid FROM pg_catalog.pg_partition_tree(o.oid) p
                             UNION SELECT o.oid) t
         GROUP BY o.oid) s
