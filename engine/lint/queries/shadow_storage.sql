-- Sent by lint::answer_all before and after a change of the shadow: the files of the table and of
-- its indexes. An index that is only made anew in the catalog keeps its file.
SELECT pg_catalog.pg_relation_filenode(c.oid)::text,
       (SELECT pg_catalog.string_agg(f.node, ' ' ORDER BY f.node)
          FROM (SELECT pg_catalog.pg_relation_filenode(i.indexrelid)::text AS node
                  FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid) AS f)
  FROM pg_catalog.pg_class c
 WHERE c.oid = pg_catalog.to_regclass('pg_temp.pawl_shadow')
