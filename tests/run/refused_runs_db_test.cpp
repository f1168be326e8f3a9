// Runs whose ledger, table or server is no longer what it was: refused or stopped with the reason,
// before another row is changed; and the way on that is named.
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "run/job_fixture.hpp"

namespace pawl::run {

namespace {

constexpr auto make =
    "CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL DEFAULT 0);"
    "INSERT INTO t SELECT generate_series(1, 100)";
constexpr auto add_one = "UPDATE t SET n = n + 1;";

// The same rows in another table of the same name.
constexpr auto swap_table =
    "CREATE TABLE t2 (LIKE t INCLUDING ALL); INSERT INTO t2 SELECT * FROM t;"
    "ALTER TABLE t RENAME TO t_before; ALTER TABLE t2 RENAME TO t";

// Leaves the run failed at that row with those before it done, and nothing that would fail it
// again.
void fail_at(const test::test_database& db, const std::string& table, int row,
             const std::string& job) {
  db.sql("CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id = " +
         std::to_string(row) +
         " THEN RAISE 'no'; END IF; RETURN NEW; END $$; CREATE TRIGGER stop BEFORE UPDATE ON " +
         table + " FOR EACH ROW EXECUTE FUNCTION stop()");
  const auto failed = run_job(db.url(), job, one_connection());
  EXPECT_TRUE(failed.cause);
  EXPECT_EQ(failed.rows_changed, row - 1) << outcome(failed);
  db.sql("DROP FUNCTION stop CASCADE");
}

void expect_cause(const run_ended& end, errc code, const std::string& said) {
  ASSERT_TRUE(end.cause) << outcome(end);
  EXPECT_EQ(end.cause->code, code) << outcome(end);
  EXPECT_NE(to_string(*end.cause).find(said), std::string::npos) << outcome(end);
}

run_options accepting_server() {
  auto options = one_connection();
  options.accept_server = true;
  return options;
}

}  // namespace

TEST_P(Job, LeavesARunOfAnotherProtocolToItsOwnPawl) {
  const test::test_database db(version());
  db.sql(make);
  fail_at(db, "t", 50, add_one);
  db.sql("UPDATE pawl.run SET protocol = 99");

  const auto end = run_job(db.url(), add_one, one_connection());

  expect_cause(end, errc::ledger_newer, "protocol 99");
  EXPECT_EQ(db.value("SELECT sum(n) FROM t"), "49");
}

TEST_P(Job, RefusesAnOldPrimaryThatCameBackUnlessItIsAccepted) {
  const test::test_database db(version());
  db.sql(make);
  fail_at(db, "t", 50, add_one);
  db.sql("UPDATE pawl.run SET timeline = 99");

  const auto refused = run_job(db.url(), add_one, one_connection());
  expect_cause(refused, errc::wrong_server, "timeline 99");
  EXPECT_EQ(db.value("SELECT sum(n) FROM t"), "49");
  ASSERT_EQ(outcome(run_job(db.url(), add_one, accepting_server())), "done");

  EXPECT_EQ(db.value("SELECT count(*) FROM t WHERE n <> 1"), "0");
  EXPECT_EQ(db.value("SELECT timeline < 99 FROM pawl.run"), "t");
}

TEST_P(Job, MissesAPartitionThatWasDetachedUntilItIsBack) {
  const test::test_database db(version());
  db.sql(
      "CREATE TABLE p (id int PRIMARY KEY, n int NOT NULL DEFAULT 0) PARTITION BY RANGE (id);"
      "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (100);"
      "CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (100) TO (200);"
      "INSERT INTO p SELECT generate_series(1, 199)");
  const std::string job = "UPDATE p SET n = n + 1;";
  fail_at(db, "p", 150, job);
  db.sql("ALTER TABLE p DETACH PARTITION p2");

  const auto refused = run_job(db.url(), job, one_connection());
  expect_cause(refused, errc::target_changed, "p2");
  EXPECT_EQ(db.value("SELECT (SELECT sum(n) FROM p) + (SELECT sum(n) FROM p2)"), "149");
  db.sql("ALTER TABLE p ATTACH PARTITION p2 FOR VALUES FROM (100) TO (200)");
  ASSERT_EQ(outcome(run_job(db.url(), job, one_connection())), "done");

  EXPECT_EQ(db.value("SELECT count(*) FROM p WHERE n <> 1"), "0");
}

TEST_P(Job, BeginsNotAgainBesideARunnerAtWork) {
  const test::test_database db(version());
  db.sql(make);
  std::optional<run_ended> second;

  const auto first = run_job(db.url(), add_one, one_connection(), once_committed([&] {
                               auto options = one_connection();
                               options.restart = true;
                               second = run_job(db.url(), add_one, options);
                             }));

  ASSERT_TRUE(second);
  expect_cause(*second, errc::wrong_state, "runner at work");
  ASSERT_EQ(outcome(first), "done");
  EXPECT_EQ(db.value("SELECT count(*) FROM t WHERE n <> 1"), "0");
  EXPECT_EQ(db.value("SELECT max(generation) FROM pawl.run"), "1");
}

TEST_P(Job, StopsWhenItsRunIsForgottenUnderIt) {
  const test::test_database db(version());
  db.sql(make);

  const auto end = run_job(db.url(), add_one, one_connection(), once_committed([&] {
                             db.sql(
                                 "BEGIN; SELECT set_config('pawl.forget', id::text, true) FROM "
                                 "pawl.run; DELETE FROM pawl.run; COMMIT");
                           }));

  expect_cause(end, errc::unknown_run, "no longer in the ledger");
  EXPECT_EQ(db.value("SELECT count(*) FROM pawl.run"), "0");
  EXPECT_EQ(db.value("SELECT count(*) FROM t WHERE n = 1"), "7") << "the batch before it";
  EXPECT_EQ(db.value("SELECT sum(n) FROM t"), "7");
}

TEST_P(Job, MissesItsWorkTable) {
  const test::test_database db(version());
  db.sql(make);
  const std::string job =
      "UPDATE t SET n = w.r FROM (SELECT id, rank() OVER (ORDER BY id) r FROM t) w "
      "WHERE w.id = t.id;";
  fail_at(db, "t", 50, job);
  const auto work_table = db.value("SELECT name FROM pawl.leaf");
  ASSERT_TRUE(work_table.starts_with("pawl.work_")) << work_table;
  db.sql("DROP TABLE " + work_table);
  const auto before = db.value("SELECT sum(n) FROM t");

  const auto end = run_job(db.url(), job, one_connection());

  ASSERT_TRUE(end.cause);
  EXPECT_NE(to_string(*end.cause).find("work"), std::string::npos) << outcome(end);
  EXPECT_FALSE(end.cause->hint.empty()) << outcome(end);
  EXPECT_EQ(db.value("SELECT sum(n) FROM t"), before);
}

TEST_P(Job, GoesOnInAnotherTableOfTheSameNameOnlyIfItIsAccepted) {
  const test::test_database db(version());
  db.sql(make);
  fail_at(db, "t", 50, add_one);
  db.sql(swap_table);

  const auto refused = run_job(db.url(), add_one, one_connection());
  expect_cause(refused, errc::target_changed, "another table");
  EXPECT_EQ(db.value("SELECT sum(n) FROM t"), "49");
  const auto end = run_job(db.url(), add_one, accepting_server());

  ASSERT_EQ(outcome(end), "done");
  EXPECT_EQ(db.value("SELECT count(*) FROM t WHERE n = 1"), "100");
  EXPECT_EQ(db.value("SELECT sum(n) FROM t_before"), "49");
  EXPECT_EQ(end.rows_changed, 100);
}

TEST_P(Job, StopsWhenItsTableIsSwappedUnderIt) {
  const test::test_database db(version());
  db.sql(make);

  const auto end =
      run_job(db.url(), add_one, one_connection(), once_committed([&] { db.sql(swap_table); }));

  expect_cause(end, errc::target_changed, "another table");
  EXPECT_EQ(end.rows_changed, 7) << "the batch before it";
  EXPECT_EQ(db.value("SELECT sum(n) FROM t"), "7") << "what was copied";
  EXPECT_EQ(db.value("SELECT sum(n) FROM t_before"), "7");
}

}  // namespace pawl::run
