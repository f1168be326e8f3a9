-- Sent by ledger::work_table: the name of the work table of generation $2 of the job $1. No lock.
SELECT 'pawl.work_' || pg_catalog.left(pg_catalog.md5($1), 16) || '_' || $2
