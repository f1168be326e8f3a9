-- Sent by the verifier, page by page: the ranges that cover the key space. Later rounds repeat
-- ranges of the first; ranges behind the first bound are of a later round and repeat none.
SELECT g.number, g.leaf, g.lo, g.hi
  FROM pawl.range g
 WHERE g.run = $1 AND g.number > $2
   AND NOT EXISTS (SELECT FROM pawl.range earlier
                    WHERE earlier.run = g.run AND earlier.leaf = g.leaf AND earlier.round < g.round
                      AND earlier.lo IS NOT DISTINCT FROM g.lo)
 ORDER BY g.number
 LIMIT $3
