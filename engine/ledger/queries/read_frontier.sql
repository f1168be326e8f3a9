-- Second statement of the transaction that cuts a range, behind lock_run. No row: nothing is left
-- to cut, or the run is not to go on.
SELECT r.next_range, r.round, l.number, l.frontier, l.bound
  FROM pawl.run r JOIN pawl.leaf l ON l.run = r.id
 WHERE r.id = $1 AND r.state IN ('running', 'held') AND r.desired = 'run' AND NOT l.exhausted
 ORDER BY l.number
 LIMIT 1
