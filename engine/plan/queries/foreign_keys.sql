-- Sent by `pawl plan` for the table that is changed ($1): the foreign keys that a change of columns
-- $2 checks (all, if $3), and those by which others refer to it ($4: rows are deleted), with
-- whether an index serves the look-up of the referring rows. No lock.
SELECT k.conname::pg_catalog.text, false, k.confrelid::pg_catalog.regclass::pg_catalog.text,
       k.confdeltype::pg_catalog.text, true
  FROM pg_catalog.pg_constraint k
 WHERE k.contype = 'f' AND k.conrelid = $1::pg_catalog.oid
   AND ($3::pg_catalog.bool
        OR EXISTS (SELECT FROM pg_catalog.pg_attribute a
                    WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)
                      AND a.attname = ANY ($2::pg_catalog.name[])))
UNION ALL
SELECT k.conname::pg_catalog.text, true, k.conrelid::pg_catalog.regclass::pg_catalog.text,
       k.confdeltype::pg_catalog.text,
       EXISTS (SELECT FROM pg_catalog.pg_index i
                WHERE i.indrelid = k.conrelid AND i.indisvalid AND i.indpred IS NULL
                  AND (i.indkey::pg_catalog.int2[])[0:pg_catalog.cardinality(k.conkey) - 1]
                      @> k.conkey)
  FROM pg_catalog.pg_constraint k
 WHERE k.contype = 'f' AND k.confrelid = $1::pg_catalog.oid AND $4::pg_catalog.bool
 ORDER BY 2, 1
