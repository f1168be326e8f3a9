-- Sent by ledger::prepare: the schema's version, no row if there is no ledger. Lock: ACCESS SHARE.
SELECT m.version, (SELECT pg_catalog.bool_or(c.relpersistence <> 'p')
                     FROM pg_catalog.pg_class c
                    WHERE c.relnamespace = 'pawl'::pg_catalog.regnamespace AND c.relkind = 'r')
  FROM pawl.meta m
