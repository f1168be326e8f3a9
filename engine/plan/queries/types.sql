-- Sent by plan::resolve: the names of the types $1 with their modifiers $2, in order, and whether
-- each has a collation. search_path must be pg_catalog, so that names come out qualified. No lock.
SELECT pg_catalog.format_type(y.oid, a.modifier), y.typcollation <> 0
  FROM ROWS FROM (pg_catalog.unnest($1::pg_catalog.oid[]), pg_catalog.unnest($2::pg_catalog.int4[]))
       WITH ORDINALITY AS a(oid, modifier, place)
  JOIN pg_catalog.pg_type y ON y.oid = a.oid
 ORDER BY a.place
