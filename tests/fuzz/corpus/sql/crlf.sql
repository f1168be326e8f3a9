UPDATE t
 SET a = CASE WHEN b THEN (1) END /* /* n */ */;
