-- Sent by ledger::leaves. Lock: ACCESS SHARE.
SELECT l.number, l.oid, l.name, l.share, l.bound, l.frontier, l.exhausted
  FROM pawl.leaf l WHERE l.run = $1 ORDER BY l.number
