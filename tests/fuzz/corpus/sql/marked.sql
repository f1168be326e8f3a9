-- pawl:batch x table=t key=a,b
INSERT INTO u SELECT * FROM t WHERE /* pawl:range */ true ON CONFLICT DO NOTHING;
