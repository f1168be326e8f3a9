// Runners that die: every row is changed exactly once all the same.
#include <gtest/gtest.h>
#include <signal.h>

#include <fstream>
#include <map>
#include <optional>
#include <random>
#include <stdexcept>

#include "cli/job_files.hpp"
#include "sandbox/fixture.hpp"
#include "support/pawl_process.hpp"
#include "support/server.hpp"

namespace pawl::test {
namespace {

class Kill : public on_each_version {};
PAWL_ON_EACH_VERSION(Kill);

// Waits for schema pawl, which a statement must find before it can name its tables.
bool wait_for_pawl(const test_database& db, const std::string& condition) {
  return wait_until(db.url(), "to_regclass('pawl.control') IS NOT NULL") &&
         wait_until(db.url(), condition);
}

constexpr const char* batches = "(SELECT coalesce(sum(batches), 0) FROM pawl.range)";
constexpr const char* is_anyone_blocked = "EXISTS (SELECT FROM pg_locks WHERE NOT granted)";

// A lock on one row: a run cannot come past it, so no runner ends before the test wants it.
session hold(const test_database& db, int id) {
  session other(db.url());
  other.run("BEGIN");
  other.run("SELECT FROM acct WHERE id = " + std::to_string(id) + " FOR UPDATE");
  return other;
}

void expect_each_row_once(const std::string& url) {
  const auto value = [&](const char* query) { return sql_value(url, query); };
  EXPECT_EQ(value("SELECT count(*) FROM acct WHERE balance = 0"), "0") << "rows lost";
  EXPECT_EQ(value("SELECT count(*) FROM acct WHERE balance > 1"), "0") << "rows doubled";
  EXPECT_EQ(value("SELECT sum(rows_changed) FROM pawl.range"), value("SELECT count(*) FROM acct"));
  EXPECT_EQ(value("SELECT count(*) FROM pawl.range WHERE state <> 'done'"), "0");
  EXPECT_EQ(value("SELECT string_agg(state, ',') FROM pawl.run"), "done");
}

// Four ranges, so that two workers are at work.
void make_big_acct(const test_database& db) {
  db.sql(acct_rows);
  db.sql("INSERT INTO acct (id) SELECT i FROM generate_series(60001, 200000) AS i");
}

TEST_P(Kill, AtTwentyRandomMomentsChangesEachRowExactlyOnce) {
  const test_database db(version());
  const job_folder folder;
  make_big_acct(db);
  auto holder = hold(db, 200'000);
  const auto file = folder.write("add_one.sql", add_one);
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random{seed};
  std::uniform_int_distribution<int> more{0, 30};

  int before = 0;
  for (int kills = 0; kills < 20; ++kills) {
    auto runner = start_pawl({"run", file, "--batch-size", "100", "--jobs", "2"},
                             {{"DATABASE_URL", db.url()}});
    const auto enough = std::string{batches} + " >= " + std::to_string(before + more(random));
    ASSERT_TRUE(wait_for_pawl(db, enough + " OR " + is_anyone_blocked)) << runner.err();
    runner.kill(SIGKILL);
    EXPECT_EQ(runner.wait().signal, SIGKILL);
    before = std::stoi(db.value(std::string{"SELECT "} + batches));
  }
  EXPECT_GT(before, 0);
  EXPECT_NE(db.value("SELECT state FROM pawl.run"), "done");
  holder.run("COMMIT");
  const auto last = run_pawl({"run", file}, {{"DATABASE_URL", db.url()}});

  EXPECT_EQ(last.exit_code, 0) << last.err;
  expect_each_row_once(db.url());
}

TEST_P(Kill, TwoRunnersShareOneRun) {
  const test_database db(version());
  const job_folder folder;
  make_big_acct(db);
  auto holder = hold(db, 200'000);
  const auto file = folder.write("add_one.sql", add_one);
  const std::vector<std::string> args{"run", file, "--batch-size", "500"};

  auto first = start_pawl(args, {{"DATABASE_URL", db.url()}});
  auto second = start_pawl(args, {{"DATABASE_URL", db.url()}});
  EXPECT_TRUE(wait_for_pawl(db, "(SELECT count(*) FROM pawl.runner w WHERE pawl.is_alive(w)) = 2"));
  holder.run("COMMIT");
  const auto one = first.wait();
  const auto two = second.wait();

  EXPECT_EQ(one.exit_code, 0) << one.err;
  EXPECT_EQ(two.exit_code, 0) << two.err;
  EXPECT_EQ(db.value("SELECT count(*) FROM pawl.runner"), "0");
  expect_each_row_once(db.url());
}

TEST_P(Kill, OneSignalDrainsAndTheRunGoesOn) {
  const test_database db(version());
  const job_folder folder;
  db.sql(acct_rows);
  auto holder = hold(db, 60'000);
  const auto file = folder.write("add_one.sql", add_one);

  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    auto runner = start_pawl({"run", file, "--batch-size", "200"}, {{"DATABASE_URL", db.url()}});
    ASSERT_TRUE(wait_for_pawl(db, "EXISTS (SELECT FROM pawl.runner)")) << runner.err();
    runner.kill(signal);
    const auto end = runner.wait();
    EXPECT_EQ(end.exit_code, 128 + signal) << end.out << end.err;
    EXPECT_EQ(db.value("SELECT count(*) FROM pawl.runner"), "0");
    EXPECT_EQ(db.value("SELECT count(*) FROM pawl.range WHERE state = 'claimed'"), "0");
    EXPECT_EQ(db.value("SELECT state FROM pawl.run"), "running");
  }
  holder.run("COMMIT");
  EXPECT_EQ(run_pawl({"run", file}, {{"DATABASE_URL", db.url()}}).exit_code, 0);
  expect_each_row_once(db.url());
}

// Without a cancel on the server this batch would hold up its runner for an hour.
constexpr const char* patient = "-- pawl:timeout lock=60min statement=90min\n";

class stuck_run {
 public:
  stuck_run(const test_database& db, const std::string& grace)
      : db_(db), holder_(hold(db, 1)), file_(folder_.write("stuck.sql", text_)) {
    runner_.emplace(start_pawl({"run", file_, "--jobs", "1", "--grace", grace}, env()));
    if (!wait_for_pawl(db, is_anyone_blocked)) {
      throw std::runtime_error("no batch is stuck: " + runner_->err());
    }
  }

  void send(int signal) { runner_->kill(signal); }

  // Its end, and that the run can still be finished.
  void expect_end_by(int signal) {
    ASSERT_TRUE(wait_until(db_.url(), "NOT " + std::string{is_anyone_blocked}));
    const auto end = runner_->wait();
    EXPECT_EQ(end.exit_code, 128 + signal) << end.out << end.err;
    EXPECT_EQ(db_.value("SELECT sum(balance) FROM acct"), "0");
    holder_.run("COMMIT");
    EXPECT_EQ(run_pawl({"run", file_}, env()).exit_code, 0);
    expect_each_row_once(db_.url());
  }

 private:
  std::map<std::string, std::string> env() const { return {{"DATABASE_URL", db_.url()}}; }

  const test_database& db_;
  std::string text_ = std::string{patient} + add_one;
  job_folder folder_;
  session holder_;
  std::string file_;
  std::optional<pawl_process> runner_;
};

TEST_P(Kill, ASecondSignalCancelsABatchThatIsStuck) {
  const test_database db(version());
  db.sql(acct_rows);
  stuck_run stuck(db, "1h");

  stuck.send(SIGINT);
  stuck.send(SIGTERM);

  stuck.expect_end_by(SIGINT);
}

TEST_P(Kill, TheEndOfTheGraceTimeCancelsABatchThatIsStuck) {
  const test_database db(version());
  db.sql(acct_rows);
  stuck_run stuck(db, "50ms");

  stuck.send(SIGTERM);

  stuck.expect_end_by(SIGTERM);
}

// As a power failure of the postmaster: SIGQUIT is its immediate shutdown.
void crash(const sandbox::own_sandbox& own) {
  int pid = 0;
  std::ifstream{own.folder() / "data" / "postmaster.pid"} >> pid;
  ASSERT_GT(pid, 1);
  ASSERT_EQ(::kill(pid, SIGQUIT), 0);
}

TEST_P(Kill, OfTheServerIsWaitedOutAndEachRowIsChangedExactlyOnce) {
  const sandbox::own_sandbox own(version());
  const std::string url = own.up().url;
  const job_folder folder;
  sql(url, acct_rows);
  const auto file = folder.write("add_one.sql", add_one);

  auto runner = start_pawl({"run", file, "--batch-size", "200"}, {{"DATABASE_URL", url}});
  ASSERT_TRUE(wait_until(url, "to_regclass('pawl.range') IS NOT NULL")) << runner.err();
  for (const int batches_done : {20, 80, 150}) {
    const auto enough = "(SELECT coalesce(sum(batches), 0) FROM pawl.range) >= ";
    ASSERT_TRUE(wait_until(url, enough + std::to_string(batches_done))) << runner.err();
    crash(own);
    ASSERT_EQ(own.up().url, url);
  }
  const auto end = runner.wait();

  EXPECT_EQ(end.exit_code, 0) << end.out << end.err;
  expect_each_row_once(url);
}

TEST_P(Kill, OfEveryConnectionIsWaitedOutAndEachRowIsChangedExactlyOnce) {
  const test_database db(version());
  const job_folder folder;
  db.sql(acct_rows);
  const auto file = folder.write("add_one.sql", add_one);
  auto runner = start_pawl({"run", file, "--batch-size", "200"}, {{"DATABASE_URL", db.url()}});
  ASSERT_TRUE(wait_for_pawl(db, std::string(batches) + " > 5")) << runner.err();

  for (int round = 0; round < 20; ++round) {
    db.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
        "AND application_name LIKE 'pawl/%'");
    ASSERT_TRUE(
        wait_until(db.url(),
                   "EXISTS (SELECT FROM pg_stat_activity WHERE datname = "
                   "current_database() AND application_name LIKE 'pawl/%') OR (SELECT state "
                   "FROM pawl.run) = 'done'"));
  }
  const auto end = runner.wait();

  EXPECT_EQ(end.exit_code, 0) << end.out << end.err;
  expect_each_row_once(db.url());
}

}  // namespace
}  // namespace pawl::test
