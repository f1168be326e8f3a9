-- pawl:batch users key=id table=s.t
-- pawl:pending a IS NULL
-- pawl:set app.x='it''s'
-- pawl:guard max-rows=10k
-- pawl:timeout lock=2s statement=1min
UPDATE s.t SET a = 1 WHERE a IS NULL AND /* pawl:range */ true;
-- pawl:verify
SELECT count(*) = 0 FROM s.t WHERE /* pawl:range */ true;
