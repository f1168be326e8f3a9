-- Sent by plan::resolve: what a change of the rows of $1 changes besides, by the actions of foreign
-- keys (ON DELETE if $3, else ON UPDATE of columns $4), at any distance. Partitions count as $1,
-- since a foreign key may be theirs alone. One row: is $1 or one of the tables that the statement
-- reads, by $2, among that; the functions of the triggers of all of it, of $1 those for the kinds
-- of change $7 (bits of pg_trigger.tgtype); those of $1 that run once for each statement; all of
-- it; the tables and views that it reads, with what is below them; a foreign key of $1 to itself
-- that rows which stand in two batches can break (they go, if $3, or come, if $5, with columns $6,
-- all of them if that is empty, or columns $4 that it refers to change); a trigger of $1 that can
-- change a row before it is inserted. No lock.
WITH RECURSIVE changed AS (
  SELECT o.oid, true AS is_first FROM pg_catalog.unnest($1::pg_catalog.oid[]) AS o(oid)
  UNION
  SELECT n.oid, n.is_first
    FROM changed c CROSS JOIN LATERAL (
      SELECT i.inhrelid, c.is_first FROM pg_catalog.pg_inherits i WHERE i.inhparent = c.oid
      UNION ALL
      SELECT k.conrelid, false
        FROM pg_catalog.pg_constraint k
       WHERE k.confrelid = c.oid AND k.contype = 'f'
         AND (CASE WHEN $3::pg_catalog.bool OR NOT c.is_first THEN k.confdeltype IN ('c', 'n', 'd')
                   ELSE false END
              OR (k.confupdtype IN ('c', 'n', 'd')
                  AND (NOT c.is_first
                       OR EXISTS (SELECT FROM pg_catalog.pg_attribute a
                                   WHERE a.attrelid = c.oid AND a.attnum = ANY (k.confkey)
                                     AND a.attname = ANY ($4::pg_catalog.name[])))))
    ) AS n(oid, is_first)
), asked AS (
  SELECT pg_catalog.to_regclass(r.name)::pg_catalog.oid AS oid
    FROM pg_catalog.unnest($2::pg_catalog.text[]) AS r(name)
  UNION
  SELECT n.oid
    FROM asked a CROSS JOIN LATERAL (
      SELECT i.inhrelid FROM pg_catalog.pg_inherits i WHERE i.inhparent = a.oid
      UNION ALL
      SELECT d.refobjid
        FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_rewrite w ON w.ev_class = c.oid AND w.ev_type = '1'
        JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
             AND d.objid = w.oid AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
       WHERE c.oid = a.oid AND c.relkind = 'v'
    ) AS n(oid)
), fired AS (
  SELECT t.tgfoid, t.tgname, c.is_first, t.tgtype,
         -- Those of a partition are not fired by a statement on the table.
         c.oid = ANY ($1::pg_catalog.oid[]) AND t.tgtype & 1 = 0 AS for_statement
    FROM changed c JOIN pg_catalog.pg_trigger t ON t.tgrelid = c.oid
   WHERE NOT t.tgisinternal AND t.tgenabled <> 'D'
     AND (NOT c.is_first OR t.tgtype & $7::pg_catalog.int4 <> 0)
)
SELECT EXISTS (SELECT FROM changed c
                WHERE NOT c.is_first
                  AND (c.oid IN (SELECT a.oid FROM asked a)
                       OR c.oid IN (SELECT f.oid FROM changed f WHERE f.is_first))),
       ARRAY(SELECT DISTINCT f.tgfoid FROM fired f),
       ARRAY(SELECT DISTINCT f.tgfoid FROM fired f WHERE f.for_statement),
       ARRAY(SELECT DISTINCT c.oid FROM changed c),
       ARRAY(SELECT a.oid FROM asked a WHERE a.oid IS NOT NULL),
       (SELECT pg_catalog.min(k.conname)
          FROM pg_catalog.pg_constraint k
         WHERE k.contype = 'f'
           AND k.conrelid IN (SELECT f.oid FROM changed f WHERE f.is_first)
           AND k.confrelid IN (SELECT f.oid FROM changed f WHERE f.is_first)
           AND (($3 AND k.confdeltype IN ('a', 'r'))
             OR ($5::pg_catalog.bool
                 AND (pg_catalog.cardinality($6::pg_catalog.name[]) = 0
                      OR EXISTS (SELECT FROM pg_catalog.pg_attribute a
                                  WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)
                                    AND a.attname = ANY ($6::pg_catalog.name[]))))
             OR (k.confupdtype IN ('a', 'r')
                 AND EXISTS (SELECT FROM pg_catalog.pg_attribute a
                              WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.confkey)
                                AND a.attname = ANY ($4::pg_catalog.name[]))))),
       -- pg_trigger.tgtype: 1 for each row, 2 BEFORE, 4 INSERT
       (SELECT pg_catalog.min(f.tgname) FROM fired f WHERE f.is_first AND f.tgtype & 7 = 7)
