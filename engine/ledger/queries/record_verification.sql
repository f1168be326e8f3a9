-- Sent by the verifier: what was checked and found.
UPDATE pawl.run r SET verification = $2, rows_stay = $3 WHERE r.id = $1
