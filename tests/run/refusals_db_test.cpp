// What is refused, with the reason; nothing has been changed then.
#include <gtest/gtest.h>

#include <stdexcept>

#include "run/job_fixture.hpp"

namespace pawl::run {

namespace {

struct refusal_case {
  std::string make;
  std::string job;
  errc code;
  std::string said;
};

constexpr auto columns = "CREATE TABLE t (a int NOT NULL, b text, n int NOT NULL DEFAULT 0);";
constexpr auto keyed = "CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL DEFAULT 0);";
constexpr auto change = "UPDATE t SET n = n + 1;";

void expect_refused(const std::vector<refusal_case>& cases, int version) {
  const test::test_database db(version);
  db.sql("CREATE TABLE base (id int PRIMARY KEY, n int)");
  for (const auto& c : cases) {
    SCOPED_TRACE(c.make + c.job);
    db.sql("DROP TABLE IF EXISTS t CASCADE; " + c.make);
    const bool lacks_key = c.code == errc::no_key || c.code == errc::key_unusable;
    if (lacks_key) db.enlarge("t", R"({"id": 1, "a": 1, "b": "b", "n": 1})");
    const auto end = run_job(db.url(), c.job);
    ASSERT_TRUE(end.cause);
    EXPECT_EQ(end.cause->code, c.code) << outcome(end);
    EXPECT_NE(to_string(*end.cause).find(c.said), std::string::npos) << outcome(end);
    EXPECT_FALSE(end.cause->hint.empty()) << outcome(end);
    EXPECT_EQ(end.run, 0);
  }
  EXPECT_EQ(db.value("SELECT to_regclass('pawl.run')"), "NULL");
}

}  // namespace

TEST_P(Job, RefusesATableWithoutAKeyThatCanServe) {
  const std::string begin = columns;
  expect_refused(
      {{begin, change, errc::no_key, "no primary key"},
       {begin + "CREATE INDEX ON t (a)", change, errc::no_key, "no primary key"},
       {begin + "CREATE UNIQUE INDEX ON t (b)", change, errc::key_unusable, "nullable"},
       {begin + "CREATE UNIQUE INDEX ON t (a, b)", change, errc::key_unusable, "nullable"},
       {begin + "CREATE UNIQUE INDEX ON t (a) WHERE a > 0", change, errc::key_unusable, "partial"},
       {begin + "CREATE UNIQUE INDEX ON t ((a + 1))", change, errc::key_unusable, "expressions"},
       {begin + "CREATE UNIQUE INDEX ON t (a); UPDATE pg_index SET indisvalid = false WHERE "
                "indrelid = 't'::regclass",
        change, errc::key_unusable, "invalid"},
       {begin + "ALTER TABLE t ADD UNIQUE (a) DEFERRABLE", change, errc::key_unusable,
        "deferrable"},
       {begin + "ALTER TABLE t ALTER b SET NOT NULL; CREATE UNIQUE INDEX ON t (a, b DESC)", change,
        errc::key_unusable, "mixes ascending and descending"},
       {begin + "ALTER TABLE t ALTER b SET NOT NULL; CREATE UNIQUE INDEX ON t (b COLLATE \"C\")",
        change, errc::key_unusable, "another collation"},
       {begin + "ALTER TABLE t ALTER b SET NOT NULL; "
                "CREATE UNIQUE INDEX ON t (b text_pattern_ops)",
        change, errc::key_unusable, "another operator class"},
       {std::string{keyed}, "-- pawl:batch x key=n\nUPDATE t SET n = 1;", errc::no_key, "(n)"}},
      version());
}

TEST_P(Job, RefusesATargetThatItCannotWalk) {
  const std::string begin = keyed;
  expect_refused(
      {{"CREATE OR REPLACE VIEW v AS SELECT * FROM base", "UPDATE v SET n = 1;",
        errc::target_unusable, "is a view"},
       {"SELECT 1", "UPDATE absent SET n = 1;", errc::target_unusable, "there is no table"},
       {"CREATE EXTENSION file_fdw; CREATE SERVER s FOREIGN DATA WRAPPER file_fdw;"
        "CREATE FOREIGN TABLE f (n int) SERVER s OPTIONS (filename '/dev/null')",
        "UPDATE f SET n = 1;", errc::target_unusable, "foreign table"},
       {begin + "CREATE TABLE child () INHERITS (t)", change, errc::target_unusable, "inherit"},
       {begin, "UPDATE t SET id = id + 1000;", errc::sets_key, "\"id\""},
       {begin, "UPDATE t SET (n, id) = (1, 2);", errc::sets_key, "\"id\""},
       {"CREATE TABLE t (id int PRIMARY KEY, part int, n int) PARTITION BY RANGE (id)", change,
        errc::target_unusable, "no partitions"},
       {begin + "INSERT INTO t SELECT generate_series(1, 500); ANALYZE t",
        "-- pawl:guard max-rows=499\nUPDATE t SET n = n + 1;", errc::guard, "499"}},
      version());
}

TEST_P(Job, RefusesARoleWithoutThePrivilege) {
  const test::test_database db(version());
  db.sql(std::string{keyed} +
         "CREATE ROLE outsider LOGIN PASSWORD 'test'; GRANT SELECT ON t TO outsider");
  const auto end = run_job(db.url_as("outsider", "test"), change);
  db.sql("DROP OWNED BY outsider; DROP ROLE outsider");
  ASSERT_TRUE(end.cause);
  EXPECT_EQ(end.cause->code, errc::forbidden) << outcome(end);
}

TEST_P(Job, StopsWhenAColumnChangesItsTypeUnderTheRun) {
  const test::test_database db(version());
  db.sql(std::string{keyed} + "INSERT INTO t SELECT generate_series(1, 100)");
  const auto end = run_job(db.url(), change, one_connection(),
                           once_committed([&] { db.sql("ALTER TABLE t ALTER n TYPE numeric"); }));
  ASSERT_TRUE(end.cause);
  EXPECT_EQ(end.cause->code, errc::target_changed) << outcome(end);
  EXPECT_EQ(db.value("SELECT sum(n) FROM t"), std::to_string(end.rows_changed));
}

TEST_P(Job, RefusesALedgerThatACrashWouldEmpty) {
  const test::test_database db(version());
  db.sql(std::string{keyed} + "INSERT INTO t SELECT generate_series(1, 100)");
  ASSERT_EQ(outcome(run_job(db.url(), change)), "done");
  db.sql("ALTER TABLE pawl.range SET UNLOGGED");
  const auto end = run_job(db.url(), "UPDATE t SET n = n + 2;");
  ASSERT_TRUE(end.cause);
  EXPECT_EQ(end.cause->code, errc::ledger_unlogged) << outcome(end);
  EXPECT_EQ(db.value("SELECT sum(n) FROM t"), "100");
}

}  // namespace pawl::run
