-- Sent by a runner that finds no work left: one of them becomes the verifier. A dead one is
-- replaced.
UPDATE pawl.run r
   SET state = 'verifying', verifier = $2::pg_catalog.uuid,
       state_since = pg_catalog.clock_timestamp()
 WHERE r.id = $1 AND r.desired = 'run'
   AND (r.state = 'running'
        OR (r.state = 'verifying'
            AND NOT EXISTS (SELECT FROM pawl.runner w
                              WHERE w.id = r.verifier AND pawl.is_alive(w))))
   AND NOT EXISTS (SELECT FROM pawl.range g WHERE g.run = r.id AND g.state <> 'done')
   AND NOT EXISTS (SELECT FROM pawl.leaf l WHERE l.run = r.id AND NOT l.exhausted)
RETURNING r.round
