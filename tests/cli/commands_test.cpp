// Commands beside `run` and what they end with: version, sandbox, status, log, wait, verify; and
// runs that stop before their end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "cli/job_files.hpp"
#include "cli/json_lines.hpp"
#include "sandbox/fixture.hpp"
#include "support/pawl_process.hpp"
#include "support/server.hpp"

namespace pawl::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::StartsWith;

class Command : public on_each_version {
 protected:
  void SetUp() override {
    on_each_version::SetUp();
    if (IsSkipped()) {
      return;
    }
    db_ = std::make_unique<test_database>(version());
    db_->sql(acct_rows);
    file_ = folder_.write("add_one.sql", add_one);
  }

  outcome pawl(std::vector<std::string> args) { return run_pawl(std::move(args), env()); }
  pawl_process start(std::vector<std::string> args) { return start_pawl(std::move(args), env()); }

  // A lock on a row in the middle: no run comes past it.
  session hold() {
    session holder(db_->url());
    holder.run("BEGIN; SELECT FROM acct WHERE id = 30500 FOR UPDATE");
    return holder;
  }
  // A run that cannot end while the row is held.
  pawl_process start_run() {
    auto runner = start({"run", file_, "--batch-size", "1000"});
    EXPECT_TRUE(wait_until(db_->url(), "to_regclass('pawl.range') IS NOT NULL"));
    EXPECT_TRUE(wait_until(db_->url(), "(SELECT sum(batches) FROM pawl.range) > 5"));
    return runner;
  }
  // Leaves the run failed at row 30000, with those before it done and nothing to fail it again.
  void fail_halfway() {
    db_->sql("ALTER TABLE acct ADD CONSTRAINT stop CHECK (id < 30000 OR balance = 0)");
    const auto failed = pawl({"run", file_, "--jobs", "1"});
    EXPECT_EQ(failed.exit_code, 1) << failed.err;
    db_->sql("ALTER TABLE acct DROP CONSTRAINT stop");
  }
  std::string rows_with(int balance) {
    return db_->value("SELECT count(*) FROM acct WHERE balance = " + std::to_string(balance));
  }
  std::map<std::string, std::string> env() const { return {{"DATABASE_URL", db_->url()}}; }

  job_folder folder_;
  std::unique_ptr<test_database> db_;
  std::string file_;
};
PAWL_ON_EACH_VERSION(Command);

// Sessions of commands that only talk to the ledger; runners have other names.
constexpr const char* talking =
    "(SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pawl' AND datname = "
    "current_database())";

TEST_P(Command, VersionTellsItsPartsAndTheStatementsThatMakeTheLedger) {
  const auto text = run_pawl({"version"});
  EXPECT_EQ(text.exit_code, 0) << text.err;
  EXPECT_THAT(text.out, StartsWith("pawl "));
  EXPECT_THAT(text.out, HasSubstr("libpq"));
  const auto object = run_pawl({"version", "--json"});
  EXPECT_EQ(object.exit_code, 0) << object.err;
  const auto parts = json::parse(object.out);
  EXPECT_EQ(parts.at("schema"), "pawl.version/1");
  EXPECT_THAT(text.out, HasSubstr("pawl " + parts.at("version").get<std::string>() + "\n"));
  EXPECT_GE(parts.at("protocol"), 1);

  const auto ddl = run_pawl({"version", "--ddl"});
  EXPECT_EQ(ddl.exit_code, 0) << ddl.err;
  db_->sql(ddl.out);  // as a DBA would

  EXPECT_EQ(db_->value("SELECT version FROM pawl.meta"),
            std::to_string(parts.at("ledger").get<int>()));
  EXPECT_EQ(pawl({"run", file_}).exit_code, 0);
  EXPECT_EQ(rows_with(1), "60000");
}

TEST_P(Command, SandboxGoesUpTellsItsUrlAndGoesDown) {
  const sandbox::own_sandbox own(version());  // takes down what a failed test leaves
  const std::map<std::string, std::string> where{{"PAWL_SANDBOX", own.folder().string()}};
  const auto running = [&] {
    return json::parse(run_pawl({"sandbox", "url", "--json"}, where).out).at("running");
  };

  const auto none = run_pawl({"sandbox", "url"}, where);
  EXPECT_EQ(none.exit_code, 6);
  EXPECT_THAT(none.err, HasSubstr("PAWL-613"));
  EXPECT_THAT(none.err, HasSubstr("pawl sandbox up"));
  const auto up = run_pawl({"sandbox", "up", "--bin", programs_of(version()).string(), "--set",
                            "fsync=off", "--set", "shared_buffers=16MB"},
                           where);
  ASSERT_EQ(up.exit_code, 0) << up.err;
  EXPECT_THAT(up.err, HasSubstr("PostgreSQL " + std::to_string(version())));
  const auto url = run_pawl({"sandbox", "url"}, where);
  EXPECT_EQ(url.exit_code, 0) << url.err;
  EXPECT_EQ(url.out, up.out);
  EXPECT_EQ(sql_value(url.out.substr(0, url.out.find('\n')), "SHOW shared_buffers"), "16MB");
  EXPECT_EQ(running(), true);

  EXPECT_EQ(run_pawl({"sandbox", "down"}, where).exit_code, 0);
  EXPECT_EQ(running(), false);
  EXPECT_EQ(run_pawl({"sandbox", "down", "--remove"}, where).exit_code, 0);
  EXPECT_FALSE(std::filesystem::exists(own.folder()));
}

TEST_P(Command, StatusWatchesARunUntilItsEnd) {
  auto holder = hold();
  auto runner = start_run();
  auto watch = start({"status", "add_one", "--watch"});
  auto objects = start({"status", "add_one", "--watch", "--json"});
  // Between two looks; who blocks the run is the last that a look asks.
  ASSERT_TRUE(wait_until(db_->url(),
                         "(SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pawl' "
                         "AND datname = current_database() AND state = 'idle' AND query LIKE "
                         "'%pg_blocking_pids%') = 2"));
  holder.run("COMMIT");
  EXPECT_EQ(runner.wait().exit_code, 0);
  ASSERT_TRUE(wait_until(db_->url(), std::string{talking} + " = 0")) << "it goes on for ever";

  const auto text = watch.wait();
  EXPECT_EQ(text.exit_code, 0) << text.err;
  EXPECT_THAT(text.out, HasSubstr("running"));
  EXPECT_THAT(text.out, HasSubstr("done"));
  const auto lines = objects.wait();
  EXPECT_EQ(lines.exit_code, 0) << lines.err;
  const auto seen = json_lines(lines.out);
  ASSERT_GT(seen.size(), 1U);
  EXPECT_EQ(seen.front().at("runs").at(0).at("state"), "running");
  EXPECT_EQ(seen.back().at("runs").at(0).at("state"), "done");
}

TEST_P(Command, LogTellsWhatHappenedAsTextAndAsJson) {
  EXPECT_EQ(pawl({"run", file_}).exit_code, 0);

  const auto text = pawl({"log", "add_one"});
  EXPECT_EQ(text.exit_code, 0) << text.err;
  EXPECT_THAT(text.out, HasSubstr("opened"));
  EXPECT_THAT(text.out, HasSubstr("done"));
  const auto lines = pawl({"log", "add_one", "--json"});
  EXPECT_EQ(lines.exit_code, 0) << lines.err;
  const auto events = json_lines(lines.out);
  ASSERT_GE(events.size(), 2U);
  EXPECT_EQ(events.front().at("kind"), "opened");
  EXPECT_EQ(events.back().at("kind"), "done");
  std::int64_t last = 0;
  for (const auto& event : events) {
    EXPECT_EQ(event.at("schema"), "pawl.log/1");
    EXPECT_EQ(event.at("run"), 1);
    EXPECT_GT(event.at("event").get<std::int64_t>(), last);
    last = event.at("event").get<std::int64_t>();
  }
}

TEST_P(Command, LogFollowsARunUntilItsEnd) {
  auto holder = hold();
  auto runner = start_run();
  auto follow = start({"log", "add_one", "--follow"});
  ASSERT_TRUE(wait_until(db_->url(), std::string{talking} + " = 1"));

  holder.run("COMMIT");
  EXPECT_EQ(runner.wait().exit_code, 0);
  ASSERT_TRUE(wait_until(db_->url(), std::string{talking} + " = 0")) << "it goes on for ever";

  const auto told = follow.wait();
  EXPECT_EQ(told.exit_code, 0) << told.err;
  EXPECT_THAT(told.out, HasSubstr("opened"));
  EXPECT_THAT(told.out, HasSubstr("done"));
}

TEST_P(Command, WaitEndsAsTheRunDid) {
  fail_halfway();
  EXPECT_EQ(pawl({"wait", "add_one"}).exit_code, 1);
  EXPECT_EQ(pawl({"cancel", "add_one"}).exit_code, 0);
  EXPECT_EQ(pawl({"wait", "add_one"}).exit_code, 8);
  EXPECT_EQ(pawl({"resume", "add_one"}).exit_code, 0);
  EXPECT_EQ(pawl({"wait", "add_one"}).exit_code, 0);
  EXPECT_EQ(rows_with(1), "60000");
}

TEST_P(Command, VerifyFindsARowThatIsPendingAgain) {
  const auto file = folder_.write("fill.sql", "UPDATE acct SET note = 'x' WHERE note IS NULL;\n");
  EXPECT_EQ(pawl({"run", file}).exit_code, 0);
  EXPECT_EQ(pawl({"verify", "fill"}).exit_code, 0);
  db_->sql("UPDATE acct SET note = NULL WHERE id = 4711");

  const auto found = pawl({"verify", "fill"});
  EXPECT_EQ(found.exit_code, 7);
  EXPECT_THAT(found.err, HasSubstr("PAWL-700"));
  EXPECT_THAT(found.err, HasSubstr("pawl resume"));
  EXPECT_EQ(db_->value("SELECT count(*) FROM acct WHERE note IS NULL"), "1") << "it only reads";
  EXPECT_EQ(pawl({"resume", "fill"}).exit_code, 0);

  EXPECT_EQ(pawl({"verify", "fill"}).exit_code, 0);
  EXPECT_EQ(db_->value("SELECT count(*) FROM acct WHERE note IS NULL"), "0");
}

TEST_P(Command, VerifyOfARunThatIsNotFinishedTellsItsState) {
  auto holder = hold();
  auto runner = start_run();
  EXPECT_EQ(pawl({"pause", "add_one"}).exit_code, 0);
  ASSERT_TRUE(wait_until(db_->url(), "(SELECT state FROM pawl.run) = 'paused'"));

  const auto unfinished = pawl({"verify", "add_one"});
  EXPECT_EQ(unfinished.exit_code, 7) << unfinished.err;
  EXPECT_THAT(unfinished.err, HasSubstr("paused"));
  EXPECT_THAT(unfinished.err, HasSubstr("pawl resume"));
  EXPECT_EQ(db_->value("SELECT state FROM pawl.run"), "paused");
  holder.run("COMMIT");
  EXPECT_EQ(pawl({"resume", "add_one", "--detach"}).exit_code, 0);

  EXPECT_EQ(runner.wait().exit_code, 0);
  EXPECT_EQ(pawl({"verify", "add_one"}).exit_code, 0);
}

TEST_P(Command, RunGoesOnWithAChangedStatementForTheRowsThatAreLeft) {
  fail_halfway();
  EXPECT_EQ(rows_with(1), "29999");
  folder_.write("add_one.sql", "UPDATE acct SET balance = balance + 2;\n");

  const auto refused = pawl({"run", file_});
  EXPECT_EQ(refused.exit_code, 6);
  EXPECT_THAT(refused.err, HasSubstr("PAWL-607"));
  const auto end = pawl({"run", file_, "--accept-change"});

  EXPECT_EQ(end.exit_code, 0) << end.out << end.err;
  EXPECT_EQ(rows_with(1), "29999");
  EXPECT_EQ(rows_with(2), "30001");
  EXPECT_EQ(db_->value("SELECT max(generation) FROM pawl.run"), "1");
}

TEST_P(Command, RunStopsWhenItsTimeIsOverAndResumeFinishes) {
  auto holder = hold();

  const auto stopped = pawl({"run", file_, "--batch-size", "1000", "--max-duration", "1s"});
  EXPECT_EQ(stopped.exit_code, 75) << stopped.err;
  EXPECT_THAT(stopped.out, HasSubstr("PAWL-751"));
  EXPECT_THAT(stopped.out, HasSubstr("pawl resume"));
  EXPECT_EQ(db_->value("SELECT state FROM pawl.run"), "running");
  holder.run("COMMIT");

  EXPECT_EQ(pawl({"resume", "add_one"}).exit_code, 0);
  EXPECT_EQ(rows_with(1), "60000");
}

TEST_P(Command, RunIsStoppedByASignalWhileItIsStillOpening) {
  for (const std::string lock :
       {"BEGIN; LOCK TABLE acct",
        "SELECT pg_advisory_lock(hashtextextended('pawl run add_one', 0))"}) {
    SCOPED_TRACE(lock);
    session holder(db_->url());
    holder.run(lock);
    auto runner = start({"run", file_});
    ASSERT_TRUE(wait_until(db_->url(), "EXISTS (SELECT FROM pg_stat_activity WHERE " +
                                           std::to_string(holder.pid()) +
                                           " = ANY (pg_blocking_pids(pid)))"));
    runner.kill(SIGINT);
    const auto end = runner.wait();
    EXPECT_EQ(end.exit_code, 130) << end.out << end.err;
  }
  EXPECT_EQ(db_->value("SELECT count(*) FROM pawl.run"), "0");
  EXPECT_EQ(rows_with(0), "60000");

  EXPECT_EQ(pawl({"run", file_}).exit_code, 0);
  EXPECT_EQ(rows_with(1), "60000");
}

}  // namespace
}  // namespace pawl::test
