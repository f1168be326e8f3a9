// Sources of MERGE that are computed once, and what is told of those that cannot be.
#include <gtest/gtest.h>

#include "run/job_fixture.hpp"

namespace pawl::run {

namespace {

constexpr const char* tables = R"(
  CREATE TABLE counted (k int PRIMARY KEY, n int, w text);
  INSERT INTO counted SELECT i, 0, 'x' FROM generate_series(1, 50) i;
  CREATE TABLE news (k int, n int, w text);
  INSERT INTO news SELECT i, i, 'w' || i FROM generate_series(40, 60) i;
  ANALYZE)";

constexpr const char* merge_news =
    "MERGE INTO counted c USING news ON c.k = news.k WHEN MATCHED THEN UPDATE SET n = c.n + news.n "
    "WHEN NOT MATCHED THEN INSERT (k, n, w) VALUES (news.k, news.n, news.w)";

constexpr const char* digest =
    "SELECT md5(string_agg(r::text, ';' ORDER BY r::text COLLATE \"C\")) FROM counted r";

constexpr const char* traces =
    "SELECT (SELECT count(*) FROM pawl.run) + (SELECT count(*) FROM pg_class WHERE relname LIKE "
    "'work\\_%' AND relkind = 'r')";

// More than the size up to which one statement would run instead.
void grow(const test::test_database& db, const std::string& table) {
  db.sql("ALTER TABLE " + table + " ADD pad text; UPDATE " + table +
         " SET pad = repeat('x', 1000); INSERT INTO " + table +
         " (k, pad) SELECT i, repeat('x', 1000) FROM generate_series(1000, 10000) i; ANALYZE");
}

}  // namespace

TEST_P(Job, OfAMergeIsRefusedWhereTwoRowsOfTheSourceCouldMeet) {
  const test::test_database db(version());
  db.sql(tables);
  db.sql("INSERT INTO news VALUES (60, 1, 'again')");
  const auto before = db.value(digest);

  const auto end = run_job(db.url(), merge_news);

  ASSERT_TRUE(end.cause);
  EXPECT_EQ(end.cause->sqlstate, "23505");
  EXPECT_TRUE(outcome(end).find("two rows of the source of MERGE") != std::string::npos)
      << outcome(end);
  EXPECT_EQ(db.value(digest), before);
  EXPECT_EQ(db.value(traces), "0");
}

TEST_P(Job, OfAMergeTakesItsSourceAsItWasAtTheStart) {
  const test::test_database db(version());
  db.sql(tables);
  auto after = once_committed([&] { db.sql("UPDATE news SET n = -1; DELETE FROM news"); });

  const auto end = run_job(db.url(), merge_news, one_connection(), after);

  ASSERT_EQ(outcome(end), "done");
  EXPECT_EQ(db.value("SELECT sum(n) FROM counted"), "1050");
  EXPECT_EQ(db.value("SELECT count(*) FROM counted"), "60");
}

// 'a' and 'A' are two rows of the source and one of the target: the one statement finds out, two
// batches would not.
TEST_P(Job, OfAMergeIsRefusedWhereDifferentValuesAreEqual) {
  const test::test_database db(version());
  db.sql(
      "CREATE COLLATION anycase (provider = icu, locale = 'und-u-ks-level2', deterministic = "
      "false); CREATE TABLE counted (k text COLLATE anycase PRIMARY KEY, n int); INSERT INTO "
      "counted VALUES ('a', 0); CREATE TABLE news (k text PRIMARY KEY); INSERT INTO news VALUES "
      "('a'), ('A')");
  const std::string merge =
      "MERGE INTO counted c USING news n ON c.k = n.k WHEN MATCHED THEN "
      "UPDATE SET n = c.n + 1";
  EXPECT_EQ(run_job(db.url(), merge).cause->sqlstate, "21000");

  grow(db, "counted");
  db.sql("DROP SCHEMA pawl CASCADE");
  const auto end = run_job(db.url(), merge);

  ASSERT_TRUE(end.cause);
  EXPECT_EQ(end.cause->code, errc::marker_needed);
  EXPECT_TRUE(outcome(end).find("anycase") != std::string::npos) << outcome(end);
  auto one_row = one_connection();
  one_row.batch_rows = 1;
  const auto naive = run_job(
      db.url(),
      "-- pawl:batch naive table=news key=k\nMERGE INTO counted c USING (SELECT * FROM news WHERE "
      "/* pawl:range */ true) n ON c.k = n.k WHEN MATCHED THEN UPDATE SET n = c.n + 1",
      one_row);
  EXPECT_EQ(outcome(naive), "done");
  EXPECT_EQ(db.value("SELECT n FROM counted WHERE k = 'a'"), "2");
}

TEST_P(Job, OfAMergeComparesItsSourceUnderTheSameCollation) {
  const test::test_database db(version());
  const std::string merge =
      "MERGE INTO counted c USING (SELECT k, w COLLATE \"C\" AS w FROM news ORDER BY k) n ON c.k = "
      "n.k WHEN MATCHED AND n.w < 'a' THEN UPDATE SET w = n.w WHEN MATCHED THEN DELETE";
  const auto prepare = [&] {
    db.sql("DROP TABLE IF EXISTS counted, news; DROP SCHEMA IF EXISTS pawl CASCADE");
    db.sql(tables);
    db.sql("UPDATE news SET w = CASE WHEN k % 2 = 0 THEN 'B' ELSE 'b' END");
  };
  prepare();
  db.sql(merge);
  const auto expected = db.value(digest);
  prepare();

  ASSERT_EQ(outcome(run_job(db.url(), merge)), "done");
  EXPECT_EQ(db.value(digest), expected);
  EXPECT_EQ(db.value("SELECT count(*) FROM counted WHERE w = 'B'"), "6");
}

TEST_P(Job, OfAMergeIsRefusedWhereWhatIsInsertedMayComeBackAsSomethingElse) {
  const test::test_database db(version());
  db.sql(tables);
  db.sql("ALTER TABLE news ALTER k TYPE numeric");
  grow(db, "counted");

  const auto end = run_job(db.url(), merge_news);

  ASSERT_TRUE(end.cause);
  EXPECT_EQ(end.cause->code, errc::marker_needed);
  EXPECT_TRUE(outcome(end).find("\"k\" (integer) and \"k\" (numeric) are joined") !=
              std::string::npos)
      << outcome(end);
}

// `(a, b) = (SELECT ...)` computed once fails where the one statement does.
TEST_P(Job, OfARowOfValuesIsRefusedWhereItsQueryHasTwo) {
  const test::test_database db(version());
  db.sql(tables);
  const std::string update =
      "UPDATE counted SET (n, w) = (SELECT o.n, o.w FROM counted o WHERE o.k / 2 = counted.k)";

  const auto end = run_job(db.url(), update);

  ASSERT_TRUE(end.cause);
  EXPECT_EQ(end.cause->sqlstate, "21000") << outcome(end);
  EXPECT_EQ(db.value(traces), "0");
}

// What the server says of a statement is said before anything is opened, however small the table.
TEST_P(Job, IsRefusedAtOnceWhereTheServerDoesNotTakeTheStatement) {
  const test::test_database db(version());
  db.sql(tables);
  for (const char* sql :
       {"UPDATE counted SET w = nowhere", "UPDATE counted SET w = nowhere WHERE k = 1",
        "UPDATE counted SET n = n + (SELECT max(nowhere) FROM counted)",
        "INSERT INTO news (k) SELECT nowhere FROM counted", "DELETE FROM counted WHERE nowhere = 1",
        "MERGE INTO counted c USING (SELECT k FROM news) n ON c.k = n.k WHEN MATCHED THEN UPDATE "
        "SET w = n.nowhere"}) {
    SCOPED_TRACE(sql);
    const auto end = run_job(db.url(), sql);

    ASSERT_TRUE(end.cause);
    EXPECT_EQ(end.cause->sqlstate, "42703") << outcome(end);
    EXPECT_EQ(db.value(traces), "0");
  }
  const auto end =
      run_job(db.url(), "UPDATE counted SET (n, w) = (SELECT 1, max(o.w), 3 FROM counted o)");
  EXPECT_EQ(end.cause->sqlstate, "42601") << outcome(end);
}

}  // namespace pawl::run
