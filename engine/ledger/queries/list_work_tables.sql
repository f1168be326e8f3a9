-- Sent by ledger::drop_work_tables: the work tables that run $1 walks and that are still there.
SELECT l.name FROM pawl.leaf l
 WHERE l.run = $1 AND l.name LIKE 'pawl.work\_%' AND pg_catalog.to_regclass(l.name) IS NOT NULL
