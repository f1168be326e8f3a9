-- Sent before a sweep: rows inserted behind the bound since the run was opened become ranges too.
-- $3 = the leaf's greatest key now. The order of keys is the server's to tell, so the caller sends
-- it only if rows behind the frontier exist.
UPDATE pawl.leaf l SET bound = $3::pg_catalog.text[], exhausted = false
 WHERE l.run = $1 AND l.number = $2
