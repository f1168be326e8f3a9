-- Same transaction: the new range, claimed at once by the runner that cut it, and the frontier.
WITH moved AS (
  UPDATE pawl.leaf l SET frontier = $5::pg_catalog.text[], exhausted = $9::pg_catalog.bool
   WHERE l.run = $1 AND l.number = $3
), numbered AS (
  UPDATE pawl.run r SET next_range = $2::pg_catalog.int8 + 1 WHERE r.id = $1
)
INSERT INTO pawl.range (run, number, round, leaf, lo, hi, state, token, runner, share, rows_found,
                        stripes, stripe_function)
SELECT $1, $2, r.round, $3, $4::pg_catalog.text[], $5::pg_catalog.text[], 'claimed', 1,
       $6::pg_catalog.uuid, $7::pg_catalog.float8, $8::pg_catalog.int8,
       $10::pg_catalog.int4, $11
  FROM pawl.run r WHERE r.id = $1
