// Rows that another session holds and changes while a batch waits for them: none is left out, none
// is done twice, and the other session's change stays.
#include <gtest/gtest.h>

#include <array>
#include <thread>

#include "run/job_fixture.hpp"

namespace pawl::run {

namespace {

constexpr auto make =
    "CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL DEFAULT 0, other int NOT NULL DEFAULT 0);"
    "INSERT INTO t SELECT generate_series(1, 100);"
    "CREATE TABLE rate (id int PRIMARY KEY, add int NOT NULL);"
    "INSERT INTO rate SELECT i, 1 FROM generate_series(1, 100) i;"
    "CREATE TABLE copy (id int, other int); ANALYZE t; ANALYZE rate";

constexpr auto some_rows = "id IN (1, 3, 50, 51, 100)";

// Runs the job while another session has `theirs` uncommitted, and commits that when a batch waits.
run_ended run_against(const test::test_database& db, const std::string& job,
                      const std::string& theirs) {
  test::session other(db.url());
  other.run("BEGIN; " + theirs);
  bool waited = false;
  std::jthread committer([&] {
    waited = test::wait_until(db.url(), "EXISTS (SELECT FROM pg_stat_activity WHERE " +
                                            std::to_string(other.pid()) +
                                            " = ANY (pg_blocking_pids(pid)))");
    other.run("COMMIT");
  });
  auto end = run_job(db.url(), job);
  committer.join();
  EXPECT_TRUE(waited);
  return end;
}

// Each of these leaves one join method to the planner.
constexpr std::array joins = {"-- pawl:set enable_hashjoin=off\n-- pawl:set enable_mergejoin=off\n",
                              "-- pawl:set enable_nestloop=off\n-- pawl:set enable_mergejoin=off\n",
                              "-- pawl:set enable_nestloop=off\n-- pawl:set enable_hashjoin=off\n"};

}  // namespace

TEST_P(Job, ChangesRowsThatAnotherSessionUpdatedMeanwhile) {
  const test::test_database db(version());
  db.sql(make);
  const auto end =
      run_against(db, "UPDATE t SET n = n + 1;",
                  std::string{"UPDATE t SET other = 5, n = n + 10 WHERE "} + some_rows);
  ASSERT_EQ(outcome(end), "done");
  EXPECT_EQ(db.value("SELECT count(*) FROM t WHERE n = 1 AND other = 0"), "95");
  EXPECT_EQ(db.value("SELECT count(*) FROM t WHERE n = 11 AND other = 5"), "5");
  EXPECT_EQ(end.rows_changed, 100);
}

TEST_P(Job, PassesOverRowsThatAnotherSessionDeletedMeanwhile) {
  const test::test_database db(version());
  db.sql(make);
  const auto end =
      run_against(db, "UPDATE t SET n = n + 1;", std::string{"DELETE FROM t WHERE "} + some_rows);
  ASSERT_EQ(outcome(end), "done");
  EXPECT_EQ(db.value("SELECT count(*) FROM t WHERE n = 1"), "95");
  EXPECT_EQ(end.rows_changed, 95);
}

TEST_P(Job, DeletesRowsThatAnotherSessionUpdatedMeanwhile) {
  const test::test_database db(version());
  db.sql(make);
  const auto end = run_against(
      db, "DELETE FROM t WHERE other < 9;",
      std::string{"UPDATE t SET other = CASE id WHEN 50 THEN 9 ELSE 5 END WHERE "} + some_rows);
  ASSERT_EQ(outcome(end), "done");
  EXPECT_EQ(db.value("SELECT string_agg(id || ':' || other, ',') FROM t"), "50:9");
}

TEST_P(Job, LeavesNoRowOutOfAJoinWhateverItsMethod) {
  for (const std::string settings : joins) {
    for (const std::string statement :
         {"UPDATE t SET n = t.n + r.add FROM rate AS r WHERE r.id = t.id AND /* pawl:range */ true",
          "UPDATE t SET n = t.n + s.add FROM (SELECT id, max(add) AS add FROM rate GROUP BY id) AS "
          "s WHERE s.id = t.id AND /* pawl:range */ true"}) {
      SCOPED_TRACE(settings + statement);
      const test::test_database db(version());
      db.sql(make);
      const auto end =
          run_against(db, settings + "-- pawl:batch x table=t key=t.id\n" + statement + ";",
                      std::string{"UPDATE t SET other = 5, n = n + 10 WHERE "} + some_rows);
      ASSERT_EQ(outcome(end), "done");
      EXPECT_EQ(db.value("SELECT count(*) FROM t WHERE n = 1 AND other = 0"), "95");
      EXPECT_EQ(db.value("SELECT count(*) FROM t WHERE n = 11 AND other = 5"), "5");
    }
  }
}

TEST_P(Job, CopiesTheNewestVersionOfLockedRows) {
  const test::test_database db(version());
  db.sql(make);
  const auto end = run_against(db,
                               "-- pawl:batch copy table=t key=id\nINSERT INTO copy SELECT id, "
                               "other FROM t WHERE /* pawl:range */ true FOR UPDATE;",
                               std::string{"UPDATE t SET other = 5 WHERE "} + some_rows);
  ASSERT_EQ(outcome(end), "done");
  EXPECT_EQ(db.value("SELECT count(*) FROM copy"), "100");
  EXPECT_EQ(db.value("SELECT count(*) FROM t JOIN copy USING (id, other)"), "100");
  EXPECT_EQ(db.value("SELECT count(*) FROM copy WHERE other = 5"), "5");
}

}  // namespace pawl::run
