-- Sent when the answer of a COMMIT was lost or the fence refused: waits for the transaction that
-- may still hold the row, so what it reads is final.
SELECT r.state, r.token, r.runner, r.pos, r.next_stripe, r.xid
  FROM pawl.range r WHERE r.run = $1 AND r.number = $2 FOR NO KEY UPDATE
