UPDATE t SET a = $q$;--$q$ || U&'d!0061' UESCAPE '!' || E'\'',
 ("B", c) = (SELECT 1, 2) WHERE s.t.a <> b::text;
