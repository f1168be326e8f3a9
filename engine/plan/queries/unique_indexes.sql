-- Sent by plan::resolve for each leaf: every unique index of $1 with what makes it fit or unfit as
-- a key, best first: the primary key, then few columns, then the oldest. Types come without
-- modifier: a bound is the column's own value and must not be rounded or cut. No lock.
SELECT pg_catalog.format('%I.%I', xn.nspname, x.relname),
       i.indisprimary, i.indisvalid, i.indimmediate,
       i.indpred IS NOT NULL AS is_partial, i.indexprs IS NOT NULL AS has_expressions,
       k.names, k.quoted, k.types, k.any_nullable, k.other_collation, k.other_opclass,
       k.descending, k.columns, m.amname = 'btree'
  FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
  JOIN pg_catalog.pg_am m ON m.oid = x.relam
  JOIN pg_catalog.pg_namespace xn ON xn.oid = x.relnamespace
  CROSS JOIN LATERAL (
    SELECT pg_catalog.array_agg(a.attname::text ORDER BY c.n) AS names,
           pg_catalog.array_agg(pg_catalog.quote_ident(a.attname) ORDER BY c.n) AS quoted,
           pg_catalog.array_agg(pg_catalog.format('%I.%I', n.nspname, y.typname)
                                ORDER BY c.n) AS types,
           -- NOT NULL can be declared NOT VALID: then rows of before may hold one
           pg_catalog.bool_or(NOT a.attnotnull OR EXISTS (
             SELECT FROM pg_catalog.pg_constraint v
              WHERE v.conrelid = i.indrelid AND v.contype = 'n' AND NOT v.convalidated
                AND a.attnum = ANY (v.conkey))) AS any_nullable,
           pg_catalog.bool_or(i.indcollation[c.n - 1] <> a.attcollation) AS other_collation,
           pg_catalog.bool_or(NOT o.opcdefault) AS other_opclass,
           pg_catalog.count(*) FILTER (WHERE i.indoption[c.n - 1] & 1 = 1) AS descending,
           pg_catalog.count(*) AS columns
      FROM pg_catalog.generate_series(1, i.indnkeyatts) AS c(n)
      JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[c.n - 1]
      JOIN pg_catalog.pg_type y ON y.oid = a.atttypid
      JOIN pg_catalog.pg_namespace n ON n.oid = y.typnamespace
      JOIN pg_catalog.pg_opclass o ON o.oid = i.indclass[c.n - 1]) k
 WHERE i.indrelid = $1::pg_catalog.oid AND i.indisunique AND i.indislive
 ORDER BY i.indisprimary DESC, k.columns, i.indexrelid
