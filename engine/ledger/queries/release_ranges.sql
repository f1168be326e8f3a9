-- Sent by a runner that drains: its unfinished ranges are free at once, at their cursor.
UPDATE pawl.range r SET state = 'ready', runner = NULL
 WHERE r.run = $1 AND r.state = 'claimed' AND r.runner = $2::pg_catalog.uuid
