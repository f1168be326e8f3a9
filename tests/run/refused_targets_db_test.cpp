// Tables that cannot be walked as they are, and what of them can: refused before anything is made.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "run/job_fixture.hpp"

namespace pawl::run {

namespace {

struct refused_target {
  std::string make;
  std::string job;
  errc code;
  std::string said;  // in the message or the hint
};

void expect_refused(const std::vector<refused_target>& cases, int version) {
  const test::test_database db(version);
  db.sql("CREATE TABLE base (id int PRIMARY KEY, n int)");
  for (const auto& c : cases) {
    SCOPED_TRACE(c.make + ": " + c.job);
    db.sql(c.make);
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

TEST_P(Job, RefusesWhatHoldsNoRowsOfItsOwn) {
  expect_refused({{"CREATE MATERIALIZED VIEW m AS SELECT * FROM base", "UPDATE m SET n = 1;",
                   errc::target_unusable, "is a materialized view"},
                  {"CREATE SEQUENCE q", "UPDATE q SET last_value = 1;", errc::target_unusable,
                   "is a sequence"},
                  {"CREATE TABLE p (id int PRIMARY KEY, n int) PARTITION BY RANGE (id);"
                   "CREATE TABLE p1 PARTITION OF p DEFAULT",
                   "UPDATE ONLY p SET n = 1;", errc::target_unusable, "partitioned"}},
                 version());
}

TEST_P(Job, RefusesPartitionsThatItCannotWalk) {
  // Without a key of the whole, each partition may have one of its own.
  expect_refused(
      {{"CREATE EXTENSION file_fdw; CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;"
        "CREATE TABLE f (id int NOT NULL, n int) PARTITION BY RANGE (id);"
        "CREATE TABLE f1 PARTITION OF f (PRIMARY KEY (id)) FOR VALUES FROM (0) TO (100);"
        "CREATE FOREIGN TABLE f2 PARTITION OF f FOR VALUES FROM (100) TO (200) SERVER files "
        "OPTIONS (filename '/dev/null')",
        "UPDATE f SET n = 1;", errc::target_unusable, "f2"},
       {"CREATE TABLE l (id int NOT NULL, part int NOT NULL, n int) PARTITION BY LIST (part);"
        "CREATE TABLE l1 PARTITION OF l (PRIMARY KEY (id)) FOR VALUES IN (1);"
        "CREATE TABLE l2 PARTITION OF l (PRIMARY KEY (id)) FOR VALUES IN (2)",
        "UPDATE l SET part = 2;", errc::sets_key, "partition key"}},
      version());
}

TEST_P(Job, RefusesAnInsertOfMoreColumnsThanTheTableHas) {
  expect_refused({{"CREATE TABLE t (a int, b int)",
                   "INSERT INTO t SELECT id, n, count(*) FROM base GROUP BY id, n;",
                   errc::sql_syntax, "3 columns"}},
                 version());
}

TEST_P(Job, HoldsItsGuardAgainstATableWithoutStatistics) {
  const std::string make =
      "CREATE TABLE t (id int PRIMARY KEY, n int) WITH (autovacuum_enabled = false);"
      "INSERT INTO t SELECT generate_series(1, 500)";
  expect_refused(
      {{make, "-- pawl:guard max-rows=499\nUPDATE t SET n = 1;", errc::guard, "499"},
       {"SELECT 1", "-- pawl:guard max-rows=1M\nUPDATE t SET n = 1;", errc::guard, "ANALYZE"}},
      version());
}

TEST_P(Job, ChangesTheRowsOfAnInheritanceParentAlone) {
  const test::test_database db(version());
  db.sql(
      "CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL DEFAULT 0);"
      "CREATE TABLE child () INHERITS (t); INSERT INTO t SELECT generate_series(1, 100);"
      "INSERT INTO child SELECT generate_series(1, 50)");

  const auto end = run_job(db.url(), "UPDATE ONLY t SET n = n + 1;");

  ASSERT_EQ(outcome(end), "done");
  EXPECT_EQ(db.value("SELECT count(*) FROM ONLY t WHERE n = 1"), "100");
  EXPECT_EQ(db.value("SELECT sum(n) FROM child"), "0");
  EXPECT_EQ(end.rows_changed, 100);
}

// PostgreSQL 18 lets a column be declared NOT NULL while older rows hold NULL.
TEST_P(Job, RefusesAKeyWhoseNotNullIsNotValidated) {
  if (version() < 18) {
    GTEST_SKIP() << "NOT NULL ... NOT VALID is of PostgreSQL 18";
  }
  const test::test_database db(version());
  db.sql(
      "CREATE TABLE t (id text, n int NOT NULL DEFAULT 0); INSERT INTO t VALUES ('a'), (NULL); "
      "CREATE UNIQUE INDEX ON t (id); ALTER TABLE t ADD CONSTRAINT c NOT NULL id NOT VALID");
  db.enlarge("t", R"({"id": "b", "n": 0})");

  const auto end = run_job(db.url(), "UPDATE t SET n = n + 1;");

  ASSERT_TRUE(end.cause) << outcome(end);
  EXPECT_EQ(end.cause->code, errc::key_unusable) << outcome(end);
  EXPECT_NE(end.cause->message.find("VALIDATE CONSTRAINT"), std::string::npos) << outcome(end);
}

}  // namespace pawl::run
