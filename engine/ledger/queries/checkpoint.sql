-- Last statement before every batch's COMMIT; see pawl.checkpoint in schema.sql.
SELECT pawl.checkpoint($1, $2, $3, $4::pg_catalog.uuid, $5, $6::pg_catalog.text[],
                       $7::pg_catalog.xid8, $8, $9::pg_catalog.text[], $10, $11, $12, $13)
