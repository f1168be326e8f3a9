-- Sent by ledger::open and when partitions were attached. An empty leaf (bound NULL) is exhausted.
INSERT INTO pawl.leaf (run, number, oid, name, share, bound, exhausted)
SELECT $1, coalesce(pg_catalog.max(l.number), 0) + 1, $2, $3, $4, $5::pg_catalog.text[],
       $5::pg_catalog.text[] IS NULL
  FROM pawl.leaf l WHERE l.run = $1
ON CONFLICT (run, oid) DO NOTHING
