#include "reading.hpp"

namespace pawl::sql {
namespace {

TEST(BatchStatement, WrapsWhereAndNamesTheLeafByTheTablesName) {
  const job j = read_one("UPDATE financials SET c = upper(financials.a) WHERE c IS NULL OR b -- x");

  EXPECT_EQ(batch_statement(j, "app.leaf_1", "id > $1"),
            "UPDATE app.leaf_1 AS financials SET c = upper(financials.a) WHERE (c IS NULL OR b) "
            "AND (id > $1)");
  EXPECT_EQ(batch_statement(j, "", "id > $1"),
            "UPDATE financials SET c = upper(financials.a) WHERE (c IS NULL OR b) AND (id > $1)");
}

TEST(BatchStatement, AddsAWhereBeforeTrailingCommentsOnly) {
  EXPECT_EQ(batch_statement(read_one("UPDATE t SET a = 1 -- x\n;"), "s.t", "id > 1"),
            "UPDATE s.t AS t SET a = 1 WHERE id > 1");
  EXPECT_EQ(batch_statement(read_one("DELETE FROM t"), "", "id > 1"), "DELETE FROM t WHERE id > 1");
}

TEST(BatchStatement, ALineCommentInsideWhereHidesNothing) {
  EXPECT_EQ(batch_statement(read_one("DELETE FROM t WHERE a -- x\n OR b -- y"), "", "k"),
            "DELETE FROM t WHERE (a -- x\n OR b) AND (k)");
}

TEST(BatchStatement, KeepsOnlyStarAndTheUsersAlias) {
  const auto of = [](const std::string& sql) {
    return batch_statement(read_one(sql), "s.\"L\"", "k");
  };

  EXPECT_EQ(of("UPDATE ONLY t SET a = 1"), "UPDATE ONLY s.\"L\" AS t SET a = 1 WHERE k");
  EXPECT_EQ(of("UPDATE ONLY (t) SET a = 1"), "UPDATE ONLY (s.\"L\") AS t SET a = 1 WHERE k");
  EXPECT_EQ(of("UPDATE t * SET a = 1"), "UPDATE s.\"L\" * AS t SET a = 1 WHERE k");
  EXPECT_EQ(of("UPDATE x.t AS u SET a = u.b"), "UPDATE s.\"L\" AS u SET a = u.b WHERE k");
  EXPECT_EQ(of("DELETE FROM t u WHERE u.a"), "DELETE FROM s.\"L\" u WHERE (u.a) AND (k)");
  EXPECT_EQ(of("DELETE FROM\n\"Or\"\"der\"\n"), "DELETE FROM\ns.\"L\" AS \"Or\"\"der\" WHERE k");
  EXPECT_EQ(of("UPDATE \"user\" SET a = 1"), "UPDATE s.\"L\" AS \"user\" SET a = 1 WHERE k");
}

TEST(BatchStatement, SchemaQualifiersOfColumnsGiveWayToTheAlias) {
  const job j = read_one(
      "UPDATE s.t SET a = s . /* x */ t.b || s.t.c WHERE s.t.d AND x IN (SELECT o.u.y FROM o.u "
      "WHERE o.u.z = s.t.z)");

  EXPECT_EQ(batch_statement(j, "s.leaf", "k"),
            "UPDATE s.leaf AS t SET a =  /* x */ t.b || t.c WHERE (t.d AND x IN (SELECT o.u.y FROM "
            "o.u WHERE o.u.z = t.z)) AND (k)");
  EXPECT_EQ(batch_statement(j, "", "k").find("s . /* x */ t.b || s.t.c"), 19U);
}

TEST(BatchStatement, ReplacesEachMarker) {
  const job j = read_one(
      "-- pawl:batch x table=b key=id\nINSERT INTO a SELECT * FROM b JOIN c ON /* pawl:range */ "
      "true WHERE d AND /* pawl:range */ true");

  EXPECT_EQ(batch_statement(j, "ignored", "b.id > $1"),
            "INSERT INTO a SELECT * FROM b JOIN c ON (b.id > $1) WHERE d AND (b.id > $1)");
}

TEST(BatchStatement, ReplacesTheMarkerOfASimpleStatement) {
  const job j = read_one("UPDATE t SET a = 1 WHERE b AND /* pawl:range */ true");

  EXPECT_EQ(batch_statement(j, "s.l", "k"), "UPDATE s.l AS t SET a = 1 WHERE b AND (k)");
}

TEST(VerifyStatement, ReplacesItsMarkers) {
  const job j = read_one(
      "UPDATE t SET a = 1;\n-- pawl:verify\nSELECT count(*) = 0 FROM t WHERE b AND /* pawl:range "
      "*/ true;");

  EXPECT_EQ(verify_statement(j, "id > $1"), "SELECT count(*) = 0 FROM t WHERE b AND (id > $1)");
  EXPECT_EQ(verify_statement(read_one("UPDATE t SET a = 1"), "k"), "");
}

TEST(StaysPending, CastsWhatIsAssignedToEachColumn) {
  const job j =
      read_one("UPDATE t SET c = upper(a) -- x\n|| b, d = 1 WHERE t.c IS NULL AND (d <> 1 OR e)");

  EXPECT_EQ(
      stays_pending(j, {{"c", "text"}, {"d", "numeric(12,2)"}}),
      "CAST((upper(a) -- x\n|| b) AS text) IS NULL AND (CAST((1) AS numeric(12,2)) <> 1 OR e)");
  EXPECT_EQ(stays_pending(j, {}), "(upper(a) -- x\n|| b) IS NULL AND ((1) <> 1 OR e)");
  EXPECT_EQ(stays_pending(read_one("UPDATE t SET c = c + 1"), {}), "");
}

}  // namespace
}  // namespace pawl::sql
