UPDATE t SET a = b.x, c = d IS DISTINCT FROM e FROM b JOIN f USING (k) WHERE b.id = t.id;
WITH w AS (SELECT k, max(v) v FROM s GROUP BY k) DELETE FROM t USING w WHERE w.k = t.k;
