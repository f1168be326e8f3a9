-- Sent by `pawl log RUN`. $2 = the last event that was shown.
SELECT e.id, pg_catalog.to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), e.kind,
       e.detail, e.by
  FROM pawl.event e WHERE e.run = $1 AND e.id > $2 ORDER BY e.id LIMIT 1000
