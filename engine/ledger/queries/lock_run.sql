-- First statement of the transaction that cuts a range: one runner at a time advances a frontier.
-- What it guards is read by a statement of its own, with a newer snapshot: a row that is joined to
-- a locked one stays as the old snapshot saw it.
SELECT FROM pawl.run r WHERE r.id = $1 FOR NO KEY UPDATE
