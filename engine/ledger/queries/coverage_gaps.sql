-- Sent by the verifier: leaves whose done ranges do not form one chain from the open lower end to
-- the bound. Each range begins where another of its leaf ends; only the first begins open.
SELECT l.name
  FROM pawl.leaf l
 WHERE l.run = $1 AND l.bound IS NOT NULL
   AND (NOT l.exhausted
        OR l.frontier IS DISTINCT FROM l.bound
        OR NOT EXISTS (SELECT FROM pawl.range g
                        WHERE g.run = l.run AND g.leaf = l.number AND g.lo IS NULL
                          AND g.state = 'done')
        OR NOT EXISTS (SELECT FROM pawl.range g
                        WHERE g.run = l.run AND g.leaf = l.number AND g.hi = l.bound
                          AND g.state = 'done')
        OR EXISTS (SELECT FROM pawl.range g
                    WHERE g.run = l.run AND g.leaf = l.number
                      AND (g.state <> 'done'
                           OR (g.lo IS NOT NULL
                               AND NOT EXISTS (SELECT FROM pawl.range p
                                                WHERE p.run = g.run AND p.leaf = g.leaf
                                                  AND p.hi = g.lo)))))
 ORDER BY l.number
