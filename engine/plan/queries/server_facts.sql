-- Sent once by plan::resolve: which server and which timeline. The timeline comes from the WAL file
-- name, since the control file's is stale after a promotion. No lock.
SELECT pg_catalog.pg_is_in_recovery(),
       (SELECT c.system_identifier FROM pg_catalog.pg_control_system() c),
       CASE WHEN pg_catalog.pg_is_in_recovery() THEN 0
            ELSE ('x' || pg_catalog.substr(pg_catalog.pg_walfile_name(
                     pg_catalog.pg_current_wal_lsn()), 1, 8))::pg_catalog.bit(32)::pg_catalog.int4
       END,
       pg_catalog.current_database(), current_user,
       pg_catalog.current_setting('transaction_read_only') = 'on',
       (SELECT s.setting::pg_catalog.int8 * 8192 FROM pg_catalog.pg_settings s
         WHERE s.name = 'shared_buffers')
