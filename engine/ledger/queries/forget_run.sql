-- Sent by `pawl forget RUN`, after pawl.forget was set for the transaction: the run and all that
-- hangs on it, unless a runner still works on it.
DELETE FROM pawl.run r
 WHERE r.id = $1
   AND NOT EXISTS (SELECT FROM pawl.runner w WHERE w.run = r.id AND pawl.is_alive(w))
RETURNING r.id
