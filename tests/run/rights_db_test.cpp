// Roles that may not see or change all rows: refused when the run is opened, since a batch that
// fails on it would hold the run, and rows that a policy hides would be left out unseen.
#include <gtest/gtest.h>

#include <string>

#include "run/job_fixture.hpp"
#include "support/login_role.hpp"

namespace pawl::run {

namespace {

constexpr auto make =
    "CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL DEFAULT 0);"
    "INSERT INTO t SELECT generate_series(1, 100); ANALYZE t";
constexpr auto make_partitions =
    "CREATE TABLE p (id int PRIMARY KEY, n int NOT NULL DEFAULT 0) PARTITION BY RANGE (id);"
    "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (100);"
    "CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (100) TO (200);"
    "INSERT INTO p SELECT generate_series(1, 199); ANALYZE p";
constexpr auto add_one = "UPDATE t SET n = n + 1;";
constexpr auto add_one_to_partitions = "UPDATE p SET n = n + 1;";

void expect_refused(const test::login_role& role, const std::string& job, errc code,
                    const std::string& said) {
  SCOPED_TRACE(job);
  const auto end = run_job(role.url(), job);
  ASSERT_TRUE(end.cause) << outcome(end);
  EXPECT_EQ(end.cause->code, code) << outcome(end);
  EXPECT_NE(to_string(*end.cause).find(said), std::string::npos) << outcome(end);
  EXPECT_FALSE(end.cause->hint.empty()) << outcome(end);
  EXPECT_EQ(end.rows_changed, 0);
}

}  // namespace

TEST_P(Job, ChangesAllRowsThatTheRoleOfTheJobSees) {
  const test::test_database db(version());
  db.sql(make);
  const test::login_role app(db, "app_of_t");
  const test::login_role bypass(db, "bypass_of_t");
  db.sql(
      "ALTER ROLE bypass_of_t BYPASSRLS; GRANT bypass_of_t TO app_of_t;"
      "GRANT SELECT ON t TO app_of_t; GRANT SELECT, UPDATE ON t TO bypass_of_t;"
      "ALTER TABLE t ENABLE ROW LEVEL SECURITY;"
      "CREATE POLICY few ON t TO app_of_t USING (id <= 10)");
  ASSERT_EQ(test::sql_value(app.url(), "SELECT count(*) FROM t"), "10");

  const auto end = run_job(app.url(), std::string{"-- pawl:set role=bypass_of_t\n"} + add_one);

  ASSERT_EQ(outcome(end), "done");
  EXPECT_EQ(db.value("SELECT count(*) FROM t WHERE n = 1"), "100");
  EXPECT_EQ(end.rows_changed, 100);
}

TEST_P(Job, RefusesAPartitionWhoseRowsAPolicyHides) {
  const test::test_database db(version());
  db.sql(make_partitions);
  const test::login_role clerk(db, "clerk_of_p");
  db.sql(
      "GRANT SELECT, UPDATE ON p, p1, p2 TO clerk_of_p; ALTER TABLE p2 ENABLE ROW LEVEL SECURITY;"
      "CREATE POLICY half ON p2 USING (id > 150)");

  expect_refused(clerk, add_one_to_partitions, errc::row_security, "p2");
  EXPECT_EQ(db.value("SELECT sum(n) FROM p"), "0");
}

TEST_P(Job, RefusesATableToReadWhoseRowsAPolicyHides) {
  const test::test_database db(version());
  db.sql(make);
  const test::login_role clerk(db, "clerk_of_t");
  db.sql(
      "CREATE TABLE rate (id int PRIMARY KEY, add int NOT NULL);"
      "INSERT INTO rate SELECT i, 1 FROM generate_series(1, 100) i; CREATE TABLE copied (id int);"
      "GRANT SELECT, UPDATE, DELETE ON t TO clerk_of_t; GRANT SELECT ON rate TO clerk_of_t;"
      "GRANT SELECT, INSERT ON copied TO clerk_of_t; ALTER TABLE rate ENABLE ROW LEVEL SECURITY;"
      "CREATE POLICY half ON rate USING (id > 50)");

  for (const std::string job : {"UPDATE t SET n = t.n + r.add FROM rate AS r WHERE r.id = t.id;",
                                "DELETE FROM t WHERE id IN (SELECT id FROM rate);",
                                "INSERT INTO copied SELECT t.id FROM t JOIN rate USING (id);",
                                "UPDATE t SET n = (SELECT sum(add) FROM rate);"}) {
    expect_refused(clerk, job, errc::row_security, "rate");
  }
  EXPECT_EQ(db.value("SELECT concat_ws(' ', count(*), sum(n)) FROM t"), "100 0");
  EXPECT_EQ(db.value("SELECT count(*) FROM copied"), "0");
}

TEST_P(Job, RefusesARoleThatMayUpdateAndNotRead) {
  const test::test_database db(version());
  db.sql(make);
  const test::login_role clerk(db, "clerk_of_t");
  db.sql("GRANT UPDATE ON t TO clerk_of_t");

  expect_refused(clerk, add_one, errc::forbidden, "SELECT");
  EXPECT_EQ(db.value("SELECT sum(n) FROM t"), "0");
}

TEST_P(Job, RefusesARoleWhoseSessionsAreReadOnly) {
  const test::test_database db(version());
  db.sql(make);
  const test::login_role clerk(db, "clerk_of_t");
  db.sql(
      "GRANT SELECT, UPDATE ON t TO clerk_of_t; ALTER ROLE clerk_of_t SET "
      "default_transaction_read_only = on");

  expect_refused(clerk, add_one, errc::forbidden, "read-only");
  EXPECT_EQ(db.value("SELECT to_regclass('pawl.run')"), "NULL");
}

TEST_P(Job, RefusesARoleThatMayNotUseTheTablesSchema) {
  const test::test_database db(version());
  db.sql(make);
  const test::login_role clerk(db, "clerk_of_t");
  db.sql("CREATE SCHEMA s; ALTER TABLE t SET SCHEMA s; GRANT SELECT, UPDATE ON s.t TO clerk_of_t");

  expect_refused(clerk, "UPDATE s.t SET n = n + 1;", errc::forbidden, "schema s");
  EXPECT_EQ(db.value("SELECT sum(n) FROM s.t"), "0");
}

TEST_P(Job, RefusesARoleWithRightsOnAPartitionedTableAndNotOnItsPartitions) {
  const test::test_database db(version());
  db.sql(make_partitions);
  const test::login_role clerk(db, "clerk_of_p");
  db.sql("GRANT SELECT, UPDATE ON p TO clerk_of_p");

  expect_refused(clerk, add_one_to_partitions, errc::forbidden, "p1");
  EXPECT_EQ(db.value("SELECT sum(n) FROM p"), "0");
}

TEST_P(Job, RefusesARoleWithoutRightsInTheLedgerOfAnother) {
  const test::test_database db(version());
  db.sql(make);
  const test::login_role clerk(db, "clerk_of_t");
  db.sql("GRANT SELECT, UPDATE ON t TO clerk_of_t");
  ASSERT_EQ(outcome(run_job(db.url(), add_one)), "done");

  expect_refused(clerk, add_one, errc::forbidden, "pawl");
  EXPECT_EQ(db.value("SELECT count(*) FROM t WHERE n <> 1"), "0");
}

}  // namespace pawl::run
