-- Same transaction: range $2 of an earlier round is to be looked at once more in this round.
WITH numbered AS (
  UPDATE pawl.run r SET next_range = r.next_range + 1 WHERE r.id = $1
  RETURNING r.next_range - 1 AS number, r.round
)
INSERT INTO pawl.range (run, number, round, leaf, lo, hi, rows_found)
SELECT g.run, n.number, n.round, g.leaf, g.lo, g.hi, g.rows_found
  FROM numbered n JOIN pawl.range g ON g.run = $1 AND g.number = $2
