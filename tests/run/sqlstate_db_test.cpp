// What the server's errors do to a real run: it tries again, takes smaller batches, pauses, holds,
// or gives up; and whatever it does, each row is changed once in the end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <future>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "run/job_fixture.hpp"
#include "support/login_role.hpp"

namespace pawl::run {

namespace {

using std::chrono::seconds;

constexpr auto add_one = "UPDATE t SET n = n + 1;";
constexpr auto not_once = "SELECT count(*) FROM t WHERE n <> 1";

void make_rows(const test::test_database& db, int rows) {
  db.sql(
      "CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL DEFAULT 0, other int NOT NULL DEFAULT 0);"
      "INSERT INTO t SELECT generate_series(1, " +
      std::to_string(rows) + "); ANALYZE t");
}

// PL/pgSQL that runs before each row is changed.
void before_each_row(const test::test_database& db, const std::string& act) {
  db.sql("CREATE FUNCTION act() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN " + act +
         " RETURN NEW; END $$;"
         "CREATE TRIGGER act BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION act()");
}

// A run that would never end fails its test instead.
run_options bounded(run_options options) {
  options.max_duration = seconds{120};
  return options;
}

run_options batches_of(std::int64_t rows) {
  auto options = bounded(one_connection());
  options.batch_rows = rows;
  return options;
}

// Of a row of pg_stat_activity.
std::string waits_for(const test::session& holder) {
  return std::to_string(holder.pid()) + " = ANY (pg_blocking_pids(pid))";
}

std::string is_waited_for(const test::session& holder) {
  return "EXISTS (SELECT FROM pg_stat_activity WHERE " + waits_for(holder) + ")";
}

constexpr auto hold_row_50 = "BEGIN; SELECT FROM t WHERE id = 50 FOR UPDATE";

bool has(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_P(Job, TriesABatchAgainThatADeadlockEnded) {
  const test::test_database db(version());
  make_rows(db, 100);
  // Here the first batch waits, behind rows that it holds, until the other session waits for one.
  before_each_row(db, "IF OLD.id = 3 THEN PERFORM pg_advisory_xact_lock(1); END IF;");
  test::session gate(db.url());
  gate.run("SELECT pg_advisory_lock(1)");
  test::session other(db.url());
  // It is the batch that finds the deadlock, and so the batch that ends.
  other.run("SET deadlock_timeout = '10min'");
  other.run("BEGIN; UPDATE t SET other = 5 WHERE id = 5");
  bool crossed = false;
  std::jthread crossing([&] {
    const bool waits = test::wait_until(db.url(), is_waited_for(gate));
    other.send("UPDATE t SET other = 5 WHERE id = 1");
    crossed = waits && other.becomes_blocked(db.url());
    gate.run("SELECT pg_advisory_unlock(1)");
    other.result();
    other.run("COMMIT");
  });
  std::vector<batch_retried> retried;

  const auto end = run_job(
      db.url(),
      std::string{"-- pawl:timeout lock=20s\n-- pawl:set deadlock_timeout=100ms\n"} + add_one,
      bounded(one_connection()), [&](const event& e) {
        if (const auto* told = std::get_if<batch_retried>(&e.body)) retried.push_back(*told);
      });
  crossing.join();

  EXPECT_TRUE(crossed);
  ASSERT_EQ(outcome(end), "done");
  EXPECT_EQ(db.value(not_once), "0");
  EXPECT_EQ(db.value("SELECT string_agg(id::text, ' ' ORDER BY id) FROM t WHERE other = 5"), "1 5");
  ASSERT_EQ(retried.size(), 1U);
  EXPECT_EQ(retried.front().cause.sqlstate, "40P01");
  EXPECT_EQ(retried.front().action, "retry");
  const std::vector<std::pair<std::string, std::int64_t>> counted{{"40P01", 1}};
  EXPECT_EQ(end.retries, counted);
}

TEST_P(Job, DoesNotTryOneStatementAgainThatFailed) {
  const test::test_database db(version());
  make_rows(db, 20);
  db.sql("ALTER TABLE t ADD CHECK (id <> 7 OR other = 0)");
  std::vector<batch_retried> retried;

  const auto end = run_job(db.url(), "UPDATE t SET other = 1 WHERE id = 7", small_batches(),
                           [&](const event& e) {
                             if (const auto* told = std::get_if<batch_retried>(&e.body)) {
                               retried.push_back(*told);
                             }
                           });

  ASSERT_TRUE(end.cause);
  EXPECT_EQ(end.cause->sqlstate, "23514");
  EXPECT_THAT(end.cause->hint, testing::HasSubstr("nothing of it is committed"));
  EXPECT_TRUE(retried.empty());
}

TEST_P(Job, MakesBatchesSmallerUntilTheyFitTheirTimeout) {
  const test::test_database db(version());
  make_rows(db, 20);
  before_each_row(db, "PERFORM pg_sleep(0.05);");
  std::vector<batch_retried> retried;
  std::int64_t largest = 0;

  const auto end = run_job(db.url(), std::string{"-- pawl:timeout statement=200ms\n"} + add_one,
                           batches_of(16), [&](const event& e) {
                             if (const auto* told = std::get_if<batch_retried>(&e.body)) {
                               retried.push_back(*told);
                             } else if (const auto* done = std::get_if<batch_committed>(&e.body)) {
                               largest = std::max(largest, done->rows_scanned);
                             }
                           });

  ASSERT_EQ(outcome(end), "done");
  EXPECT_EQ(db.value(not_once), "0");
  EXPECT_LT(largest, 16);
  ASSERT_FALSE(retried.empty());
  for (const auto& told : retried) {
    EXPECT_EQ(told.cause.sqlstate, "57014");
    EXPECT_EQ(told.action, "smaller batch");
  }
}

TEST_P(Job, StopsAtARowThatIsTooSlowByItself) {
  const test::test_database db(version());
  make_rows(db, 100);
  before_each_row(db, "IF OLD.id = 10 THEN PERFORM pg_sleep(60); END IF;");
  const auto job = std::string{"-- pawl:timeout statement=200ms\n"} + add_one;

  const auto stopped = run_job(db.url(), job, batches_of(7));

  ASSERT_TRUE(stopped.cause);
  EXPECT_TRUE(has(stopped.cause->message, "even one row is too big")) << outcome(stopped);
  EXPECT_EQ(stopped.cause->sqlstate, "57014");
  EXPECT_TRUE(has(stopped.cause->hint, "pawl:timeout")) << outcome(stopped);
  EXPECT_EQ(stopped.state, run_state::failed);
  EXPECT_EQ(db.value("SELECT string_agg(id::text, ' ' ORDER BY id) FROM t WHERE n = 1"),
            "1 2 3 4 5 6 7 8 9");
  db.sql("DROP TRIGGER act ON t");
  ASSERT_EQ(outcome(run_job(db.url(), job, batches_of(7))), "done");
  EXPECT_EQ(db.value(not_once), "0");
}

TEST_P(Job, PausesWhenSomebodyCancelsABatch) {
  const test::test_database db(version());
  make_rows(db, 100);
  test::session holder(db.url());
  holder.run(hold_row_50);
  std::string reason;

  const auto end = run_job(
      db.url(), std::string{"-- pawl:timeout lock=20s\n"} + add_one, bounded(one_connection()),
      [&](const event& e) {
        if (!std::holds_alternative<totals_read>(e.body) || !reason.empty()) return;
        db.sql("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE " + waits_for(holder));
        // A resume before the ledger says paused would be overwritten by that word.
        if (db.value("SELECT state FROM pawl.run") != "paused") return;
        reason = db.value("SELECT reason FROM pawl.run");
        holder.run("COMMIT");
        db.sql("INSERT INTO pawl.control (run, request) SELECT id, 'resume' FROM pawl.run");
      });

  EXPECT_TRUE(has(reason, "was cancelled by somebody")) << reason;
  ASSERT_EQ(outcome(end), "done");
  EXPECT_EQ(db.value(not_once), "0");
}

TEST_P(Job, StopsWithWorkLeftWhenItsTimeIsOver) {
  const test::test_database db(version());
  make_rows(db, 100);
  test::session holder(db.url());
  holder.run(hold_row_50);
  const auto job = std::string{"-- pawl:timeout lock=300ms\n"} + add_one;
  auto options = one_connection();
  options.max_duration = seconds{1};

  const auto stopped = run_job(db.url(), job, options);

  ASSERT_TRUE(stopped.cause);
  EXPECT_EQ(stopped.cause->code, errc::out_of_time) << outcome(stopped);
  EXPECT_EQ(exit_code_of(stopped.cause->code), 75);
  EXPECT_TRUE(has(stopped.cause->hint, "pawl resume")) << outcome(stopped);
  EXPECT_EQ(db.value("SELECT state FROM pawl.run"), "running");
  EXPECT_EQ(db.value("SELECT count(*) FROM pawl.runner"), "0");
  EXPECT_EQ(db.value("SELECT n FROM t WHERE id = 50"), "0");
  EXPECT_EQ(db.value("SELECT sum(n) FROM t"), std::to_string(stopped.rows_changed));
  holder.run("COMMIT");
  ASSERT_EQ(outcome(run_job(db.url(), job, bounded(one_connection()))), "done");
  EXPECT_EQ(db.value(not_once), "0");
}

namespace {

// The role loses its privilege once the run is open, and gets it back once the ledger says held.
void expect_hold_and_end(int version, int rows, const run_options& options) {
  SCOPED_TRACE(rows);
  const test::test_database db(version);
  make_rows(db, rows);
  const test::login_role clerk(db, "clerk_of_t");
  db.sql("GRANT SELECT, UPDATE ON t TO clerk_of_t");
  std::string reason;
  bool told = false;

  const auto end = run_job(clerk.url(), add_one, options, [&](const event& e) {
    if (std::holds_alternative<run_opened>(e.body)) {
      db.sql("REVOKE UPDATE ON t FROM clerk_of_t");
    } else if (const auto* changed = std::get_if<state_changed>(&e.body)) {
      told = told || changed->state == run_state::held;
    } else if (std::holds_alternative<totals_read>(e.body) && reason.empty() &&
               db.value("SELECT state FROM pawl.run") == "held") {
      reason = db.value("SELECT reason FROM pawl.run");
      db.sql("GRANT UPDATE ON t TO clerk_of_t");
    }
  });

  EXPECT_TRUE(told);
  EXPECT_TRUE(has(reason, "42501")) << reason;
  ASSERT_EQ(outcome(end), "done");
  EXPECT_EQ(db.value(not_once), "0");
  EXPECT_EQ(end.rows_changed, rows);
  EXPECT_EQ(db.value("SELECT state FROM pawl.run"), "done");
}

}  // namespace

TEST_P(Job, HoldsWhileAPrivilegeIsMissingAndChangesATableOfOneBatch) {
  expect_hold_and_end(version(), 5, batches_of(7));
}

TEST_P(Job, HoldsWhileAPrivilegeIsMissingAndCutsTheRangesThatAreLeft) {
  auto options = batches_of(30'000);
  options.jobs = 2;
  // Three ranges for two workers: one is still to be cut.
  expect_hold_and_end(version(), 150'000, options);
}

TEST_P(Job, GivesUpWhenAPrivilegeNeverComesBack) {
  const test::test_database db(version());
  make_rows(db, 100);
  const test::login_role clerk(db, "clerk_of_t");
  db.sql("GRANT SELECT, UPDATE ON t TO clerk_of_t");
  auto options = bounded(one_connection());
  options.hold_for = seconds{3};

  const auto stopped = run_job(clerk.url(), add_one, options, [&](const event& e) {
    if (std::holds_alternative<run_opened>(e.body)) db.sql("REVOKE UPDATE ON t FROM clerk_of_t");
  });

  ASSERT_TRUE(stopped.cause);
  EXPECT_EQ(stopped.cause->code, errc::held) << outcome(stopped);
  EXPECT_EQ(exit_code_of(stopped.cause->code), 75);
  EXPECT_TRUE(has(stopped.cause->message, "42501")) << outcome(stopped);
  EXPECT_TRUE(has(stopped.cause->hint, "pawl resume")) << outcome(stopped);
  EXPECT_EQ(db.value("SELECT state FROM pawl.run"), "held");
  EXPECT_EQ(db.value("SELECT sum(n) FROM t"), "0");
  db.sql("GRANT UPDATE ON t TO clerk_of_t");
  ASSERT_EQ(outcome(run_job(clerk.url(), add_one, bounded(one_connection()))), "done");
  EXPECT_EQ(db.value(not_once), "0");
}

TEST_P(Job, StaysBesideARunnerThatWaitsForLongerThanItMayHold) {
  const test::test_database db(version());
  make_rows(db, 100);
  test::session holder(db.url());
  holder.run(hold_row_50);
  auto waiting = std::async(std::launch::async,
                            [&] { return run_job(db.url(), add_one, bounded(one_connection())); });
  // The table is one range, and it is theirs: the second runner has nothing to do.
  EXPECT_TRUE(test::wait_until(db.url(), "to_regclass('pawl.range') IS NOT NULL"));
  EXPECT_TRUE(test::wait_until(db.url(), is_waited_for(holder)));
  auto options = bounded(one_connection());
  options.hold_for = seconds{1};
  std::optional<std::chrono::steady_clock::time_point> first;
  bool released = false;

  const auto idle = run_job(db.url(), add_one, options, [&](const event& e) {
    if (!first) first = e.at;
    if (released || e.at - *first < 4 * options.hold_for) return;
    released = true;
    holder.run("COMMIT");
  });
  EXPECT_TRUE(released) << "it ended before the other could go on";
  if (!released) holder.run("COMMIT");
  const auto waited = waiting.get();

  EXPECT_EQ(outcome(idle), "done");
  EXPECT_EQ(outcome(waited), "done");
  EXPECT_EQ(db.value(not_once), "0");
  EXPECT_EQ(waited.rows_changed, 100);
}

}  // namespace pawl::run
