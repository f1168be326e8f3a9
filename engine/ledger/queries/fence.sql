-- Second statement of every batch; see pawl.fence in schema.sql. Lock: the range's row.
SELECT pawl.fence($1, $2, $3, $4::pg_catalog.uuid, $5, $6::pg_catalog.text[])
