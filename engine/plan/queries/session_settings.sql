-- Sent once by plan::resolve, before pawl changes anything in the session: the settings under which
-- this role's own statements have their meaning, and the limits that its DBA gave it. No lock.
SELECT s.name, s.setting || coalesce(CASE WHEN s.unit = 'ms' THEN 'ms' END, '')
  FROM pg_catalog.pg_settings s
 WHERE s.name IN ('search_path', 'TimeZone', 'DateStyle', 'IntervalStyle', 'extra_float_digits',
                  'bytea_output', 'lc_monetary', 'lc_numeric', 'lc_time', 'timezone_abbreviations',
                  'default_text_search_config', 'standard_conforming_strings',
                  'transform_null_equals', 'array_nulls', 'xmloption', 'xmlbinary',
                  'backslash_quote', 'session_replication_role', 'statement_timeout',
                  'lock_timeout', 'idle_in_transaction_session_timeout')
UNION ALL
-- pg_settings does not show it.
SELECT 'role', pg_catalog.current_setting('role')
