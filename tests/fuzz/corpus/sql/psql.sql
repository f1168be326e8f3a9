DELETE FROM t WHERE a = :x;
\i x
