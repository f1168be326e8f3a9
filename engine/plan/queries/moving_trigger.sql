-- Sent by plan::resolve: a row trigger of table $1, or of a partition of it, that can change one of
-- the columns $2, or one by which rows are partitioned, of a row before it is written by the events
-- $3 (bits of pg_trigger.tgtype); if $4, also one that can keep a row from being written. One row,
-- NULL without such a trigger. A function in plpgsql can where it assigns the column or the whole
-- row, in any of the language's ways, or returns another row; one of the server or of an extension
-- where the column is among its arguments; one in another language always. No lock.
WITH sought AS (
  SELECT pg_catalog.string_agg(pg_catalog.regexp_replace(n.name, '(\W)', '\\\1', 'g'), '|') AS names
    FROM (SELECT w.name FROM pg_catalog.unnest($2::pg_catalog.name[]) AS w(name)
          UNION
          SELECT a.attname
            FROM pg_catalog.pg_partition_tree($1::pg_catalog.oid) t
            JOIN pg_catalog.pg_partitioned_table p ON p.partrelid = t.relid
            JOIN pg_catalog.pg_attribute a ON a.attrelid = t.relid AND a.attnum > 0
           WHERE a.attnum = ANY (p.partattrs)
              OR pg_catalog.strpos(pg_catalog.pg_get_partkeydef(t.relid), a.attname) > 0) AS n(name)
), fired AS (
  SELECT DISTINCT t.tgname, l.lanname, pg_catalog.encode(t.tgargs, 'escape') AS args,
         pg_catalog.regexp_replace(
           pg_catalog.regexp_replace(
             pg_catalog.regexp_replace(p.prosrc, '--[^\n]*', ' ', 'g'), '/\*.*?\*/', ' ', 'g'),
           '\m(insert|merge)\s+into\M', ' ', 'gi') AS body,
         p.pronamespace = 'pg_catalog'::pg_catalog.regnamespace
           OR EXISTS (SELECT FROM pg_catalog.pg_depend d
                       WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
                         AND d.objid = p.oid AND d.deptype = 'e') AS is_trusted
    FROM pg_catalog.pg_trigger t
    JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid
    JOIN pg_catalog.pg_language l ON l.oid = p.prolang
   WHERE t.tgrelid IN (SELECT r.relid FROM pg_catalog.pg_partition_tree($1::pg_catalog.oid) r
                       UNION SELECT $1::pg_catalog.oid)
     AND NOT t.tgisinternal AND t.tgenabled <> 'D'
     AND t.tgtype & 3 = 3  -- BEFORE, for each row
     AND t.tgtype & $3::pg_catalog.int4 <> 0
)
SELECT pg_catalog.min(f.tgname)
  FROM fired f CROSS JOIN sought s
 CROSS JOIN LATERAL (SELECT '(;|>>|\mbegin\M|\mthen\M|\melse\M|\mloop\M)\s*new' AS first,
                            '\s*\.\s*"?(' || s.names || ')"?(?!["\w])' AS column) r
 WHERE CASE
        WHEN f.is_trusted THEN f.args ~ ('(^|\\000)(' || s.names || ')\\000')
        WHEN f.lanname <> 'plpgsql' THEN true
        ELSE f.body ~* ('\mnew' || r.column || '\s*(:=|\[)')
        OR f.body ~* (r.first || '(' || r.column || ')?\s*:?=')
        OR f.body ~* ('\minto\s+(strict\s+)?(["\w.]+\s*,\s*)*new(' || r.column
                      || '|(?!\w)(?!\s*\.))')
        OR f.body ~* '\m(for\s+new|alias\s+for\s+new)\M'
        OR f.body ~* '\m(call|diagnostics)\M[^;]*\mnew\M'
        OR f.body ~* '\mreturn\s+(?!(new|old|null)\s*;)'
        -- 8 DELETE, before which NEW is NULL
        OR ($4::pg_catalog.bool
            AND f.body ~* CASE WHEN $3 & 8 <> 0 THEN '\mreturn\s+(new|null)\s*;'
                               ELSE '\mreturn\s+(old|null)\s*;' END)
      END
