-- Sent by plan::resolve for an INSERT without a list of columns: those of table $1, in order, as an
-- INSERT takes them. No lock.
SELECT pg_catalog.array_agg(a.attname::pg_catalog.text ORDER BY a.attnum)
  FROM pg_catalog.pg_attribute a
 WHERE a.attrelid = $1::pg_catalog.oid AND a.attnum > 0 AND NOT a.attisdropped
