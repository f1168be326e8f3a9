-- Sent after a failed attempt, for status and for whoever takes the range over.
UPDATE pawl.range r SET attempts = $4, last_sqlstate = $5
 WHERE r.run = $1 AND r.number = $2 AND r.token = $3 AND r.state = 'claimed'
