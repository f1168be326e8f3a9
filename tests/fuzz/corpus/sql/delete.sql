DELETE FROM ONLY (s."T t") AS u WHERE a = 1 OR b IN (1, 2) -- why
