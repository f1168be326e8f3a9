#include "sql/marker.hpp"

#include "reading.hpp"

namespace pawl::sql {
namespace {

using testing::HasSubstr;

const std::string batch = "-- pawl:batch x table=b key=id\n";

void expect_misplaced(const std::string& sql) {
  const error e = refusal_of(batch + sql);
  EXPECT_EQ(e.code, errc::bad_directive) << sql << to_string(e);
  EXPECT_THAT(e.message, HasSubstr("does not restrict the rows")) << sql;
  EXPECT_EQ(e.where.line, 2);
}

TEST(Marker, IsFoundInAnyCaseOnceOrMore) {
  const job j =
      read_one(batch +
               "INSERT INTO a SELECT * FROM b JOIN c ON b.id = c.id AND /* PAWL:Range */ TRUE\n"
               "WHERE /*pawl:range*/\n true AND d");

  ASSERT_EQ(j.what.markers.size(), 2U);
  EXPECT_EQ(text(j, j.what.markers[0]), "/* PAWL:Range */ TRUE");
  EXPECT_EQ(text(j, j.what.markers[1]), "/*pawl:range*/\n true");
}

// Each batch would delete the rows of all others, whatever the author says.
TEST(Marker, DoesNotDivideWhatIsNotMatchedBySource) {
  for (const std::string& text :
       {batch + "MERGE INTO a USING (SELECT * FROM b WHERE /* pawl:range */ true) s ON a.id = s.id "
                "WHEN NOT MATCHED BY SOURCE THEN DELETE",
        std::string(
            "MERGE INTO a USING b ON a.id = b.id WHEN NOT MATCHED BY SOURCE THEN DELETE")}) {
    const error e = refusal_of(text);
    EXPECT_EQ(e.code, errc::not_a_job) << to_string(e);
    EXPECT_THAT(e.message, HasSubstr("NOT MATCHED BY SOURCE cannot be run in batches"));
    EXPECT_THAT(e.hint, HasSubstr("NOT EXISTS"));
  }
}

TEST(Marker, SaysThatNothingWasCheckedOfWhatItCannotRead) {
  const job j = read_one(
      batch + "UPDATE b SET a = 1 WHERE /* pawl:range */ true RETURNING WITH (OLD AS o) 1");
  EXPECT_THAT(j.what.reason, HasSubstr("nothing of it was checked"));
}

TEST(Marker, MustBeTheExactPair) {
  expect_refused("UPDATE t SET a = 1 WHERE /* pawl:range */ false",
                 {errc::bad_directive, 1, 26, "not followed by `true`"});
  expect_refused("UPDATE t SET a = 1 WHERE /* pawl:range */ (true)",
                 {errc::bad_directive, 1, 26, "not followed by `true`"});
  expect_refused("UPDATE t SET a = 1 WHERE b /* pawl:range */",
                 {errc::bad_directive, 1, 28, "not followed by `true`"});
  expect_refused("UPDATE t SET a = 1 WHERE /* pawl:range */ -- x\n true",
                 {errc::bad_directive, 1, 26, "not followed"});
  expect_refused("/* pawl:range */ UPDATE t SET a = 1",
                 {errc::bad_directive, 1, 1, "not followed"});
  expect_refused("UPDATE t SET a = 1 WHERE /* pawl:rnage */ true",
                 {errc::bad_directive, 1, 26, "`/* pawl:rnage */`"});
  expect_refused("UPDATE t SET a = 1 WHERE /* pawl range */ true",
                 {errc::bad_directive, 1, 26, "no marker"});
  expect_refused("UPDATE t SET a = 1 WHERE /* pwal:range */ true",
                 {errc::bad_directive, 1, 26, "no marker"});
  expect_refused("/* pawl:batch x */ UPDATE t SET a = 1", {errc::bad_directive, 1, 1, "no marker"});
}

TEST(Marker, MustRestrictTheRows) {
  expect_misplaced("INSERT INTO a SELECT /* pawl:range */ true FROM b");
  expect_misplaced("INSERT INTO a SELECT * FROM b WHERE c OR /* pawl:range */ true");
  expect_misplaced("INSERT INTO a SELECT * FROM b WHERE c AND /* pawl:range */ true OR d");
  expect_misplaced("INSERT INTO a SELECT * FROM b WHERE NOT /* pawl:range */ true");
  expect_misplaced("INSERT INTO a SELECT * FROM b WHERE c = /* pawl:range */ true");
  expect_misplaced("INSERT INTO a SELECT * FROM b WHERE (/* pawl:range */ true) IS NULL");
  expect_misplaced(
      "INSERT INTO a SELECT * FROM b WHERE CASE WHEN /* pawl:range */ true THEN d END");
  expect_misplaced("INSERT INTO a SELECT * FROM b LEFT JOIN c ON /* pawl:range */ true");
  expect_misplaced(
      "INSERT INTO a SELECT * FROM b LEFT JOIN (c JOIN d ON /* pawl:range */ true) ON e");
  expect_misplaced(
      "INSERT INTO a SELECT * FROM b FULL JOIN c ON b.id = c.id AND /* pawl:range */ true");
  expect_misplaced("INSERT INTO a SELECT count(*) FILTER (WHERE /* pawl:range */ true) FROM b");
  expect_misplaced(
      "INSERT INTO a SELECT * FROM b ON CONFLICT (x) DO UPDATE SET y = 1 WHERE /* pawl:range */ "
      "true");
  expect_misplaced("UPDATE b SET a = /* pawl:range */ true WHERE x");
  expect_misplaced(
      "MERGE INTO b USING c ON b.id = c.id AND /* pawl:range */ true WHEN NOT MATCHED THEN INSERT "
      "VALUES (1)");
  expect_misplaced(
      "MERGE INTO b USING c ON true WHEN MATCHED AND /* pawl:range */ true THEN DELETE");
}

TEST(Marker, MayRestrictASource) {
  for (const char* sql :
       {"INSERT INTO a SELECT * FROM b WHERE c AND (d AND /* pawl:range */ true) LIMIT 1",
        "INSERT INTO a SELECT * FROM b JOIN c ON /* pawl:range */ true LEFT JOIN d ON e",
        "WITH x AS (SELECT * FROM b WHERE /* pawl:range */ true) INSERT INTO a SELECT * FROM x",
        "WITH x AS (DELETE FROM b WHERE /* pawl:range */ true RETURNING *) INSERT INTO a SELECT * "
        "FROM x",
        "MERGE INTO b USING c ON b.id = c.id AND /* pawl:range */ true WHEN MATCHED THEN DELETE",
        "MERGE INTO a USING (SELECT * FROM b WHERE /* pawl:range */ true) b ON true WHEN NOT "
        "MATCHED THEN INSERT VALUES (1)",
        "DELETE FROM b USING c WHERE b.id = c.id AND /* pawl:range */ true"}) {
    EXPECT_EQ(read_one(batch + sql).what.kind, change_kind::marked) << sql;
  }
}

TEST(Marker, OfAStatementTheParserDoesNotKnowIsJudgedByItsTokens) {
  const std::string unknown = " WHEN MATCHED THEN DELETE RETURNING merge_action()";
  const auto merge = [&](const std::string& source) {
    return "MERGE INTO t USING (SELECT * FROM b " + source + ") s ON t.a = s.a" + unknown;
  };

  for (const char* good :
       {"WHERE /* pawl:range */ true", "WHERE (x OR y) AND /* pawl:range */ true AND z",
        "WHERE x AND /* pawl:range */ true GROUP BY y"}) {
    EXPECT_EQ(read_one(batch + merge(good)).what.kind, change_kind::marked) << good;
  }
  for (const char* bad :
       {"JOIN c ON /* pawl:range */ true", "WHERE x OR y AND /* pawl:range */ true",
        "WHERE x AND /* pawl:range */ true OR y", "WHERE NOT /* pawl:range */ true",
        "WHERE (/* pawl:range */ true)", "WHERE x AND /* pawl:range */ true IS NULL",
        "WHERE CASE WHEN x AND /* pawl:range */ true AND y THEN z END",
        "WHERE count(*) FILTER (WHERE /* pawl:range */ true) > 1"}) {
    expect_misplaced(merge(bad));
  }
  expect_misplaced("MERGE INTO t USING b ON t.a = b.a AND /* pawl:range */ true" + unknown);
}

TEST(Marker, OfASimpleStatementRestrictsTheRowsItChanges) {
  const job j = read_one("UPDATE t SET a = 1 WHERE /* pawl:range */ true");

  EXPECT_EQ(j.what.kind, change_kind::update);
  EXPECT_EQ(text(j, j.what.where), "/* pawl:range */ true");
  expect_refused("UPDATE t SET a = (SELECT 1 FROM x WHERE /* pawl:range */ true)",
                 {errc::bad_directive, 1, 41, "not the rows that are changed"});
}

}  // namespace
}  // namespace pawl::sql
