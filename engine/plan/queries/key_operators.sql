-- Sent by plan::resolve under the user's search_path, for index $1: for each key column the
-- comparison operator that a statement would get by writing `<` and so on, against the one of the
-- index's operator family. A row comes back only for a column where they differ, with the schema
-- of the right one. No lock.
SELECT a.attname::text, n.nspname::text, s.symbol
  FROM pg_catalog.pg_index i
  CROSS JOIN LATERAL pg_catalog.generate_series(1, i.indnkeyatts) AS c(n)
  JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[c.n - 1]
  JOIN pg_catalog.pg_type y ON y.oid = a.atttypid
  JOIN pg_catalog.pg_opclass o ON o.oid = i.indclass[c.n - 1]
  CROSS JOIN (VALUES (1, '<'), (2, '<='), (4, '>='), (5, '>')) AS s(strategy, symbol)
  JOIN pg_catalog.pg_amop w ON w.amopfamily = o.opcfamily AND w.amopstrategy = s.strategy
       AND w.amoplefttype = o.opcintype AND w.amoprighttype = o.opcintype AND w.amoppurpose = 's'
  JOIN pg_catalog.pg_operator r ON r.oid = w.amopopr
  JOIN pg_catalog.pg_namespace n ON n.oid = r.oprnamespace
  CROSS JOIN LATERAL (
    SELECT coalesce(nullif(y.typbasetype, 0), y.oid) AS oid) b
 WHERE i.indexrelid = $1::pg_catalog.regclass
   AND (NOT pg_catalog.pg_operator_is_visible(r.oid)
        OR r.oprname <> s.symbol
        OR EXISTS (SELECT FROM pg_catalog.pg_operator other
                    WHERE other.oprname = s.symbol AND other.oid <> r.oid
                      AND other.oprleft = b.oid AND other.oprright = b.oid
                      AND pg_catalog.pg_operator_is_visible(other.oid)))
