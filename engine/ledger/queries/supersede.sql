-- Sent by ledger::open for --restart: the older generation ends, unless a runner works on it. An
-- ended one stays as it was. No row: it has runners.
UPDATE pawl.run r
   SET desired = CASE WHEN r.state = 'done' THEN r.desired ELSE 'cancel' END,
       state = CASE WHEN r.state = 'done' THEN r.state ELSE 'cancelled' END,
       reason = CASE WHEN r.state = 'done' THEN r.reason ELSE 'superseded by --restart' END,
       state_since = pg_catalog.clock_timestamp()
 WHERE r.id = $1
   AND NOT EXISTS (SELECT FROM pawl.runner w WHERE w.run = r.id AND pawl.is_alive(w))
RETURNING r.id
