// What operators do from another terminal while a run goes on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "cli/job_files.hpp"
#include "cli/json_lines.hpp"
#include "support/pawl_process.hpp"
#include "support/server.hpp"

namespace pawl::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;

// A run that cannot end by itself: another session holds a row in the middle of the table.
class Operator : public on_each_version {
 protected:
  void SetUp() override {
    on_each_version::SetUp();
    if (IsSkipped()) {
      return;
    }
    db_ = std::make_unique<test_database>(version());
    db_->sql(acct_rows);
    holder_ = std::make_unique<session>(db_->url());
    holder_->run("BEGIN");
    holder_->run("SELECT FROM acct WHERE id = 30500 FOR UPDATE");
    file_ = folder_.write("add_one.sql", add_one);
  }

  outcome pawl(std::vector<std::string> args) {
    return run_pawl(std::move(args), {{"DATABASE_URL", db_->url()}});
  }
  pawl_process start() {
    auto runner =
        start_pawl({"run", file_, "--batch-size", "1000"}, {{"DATABASE_URL", db_->url()}});
    EXPECT_TRUE(wait_until(db_->url(), "to_regclass('pawl.range') IS NOT NULL"));
    EXPECT_TRUE(wait_until(db_->url(), "(SELECT sum(batches) FROM pawl.range) > 5"));
    return runner;
  }
  json status() {
    const auto shown = pawl({"status", "add_one", "--json"});
    EXPECT_EQ(shown.exit_code, 0) << shown.err;
    return json::parse(shown.out).at("runs").at(0);
  }
  void let_go() { holder_->run("COMMIT"); }

  job_folder folder_;
  std::unique_ptr<test_database> db_;
  std::unique_ptr<session> holder_;
  std::string file_;
};
PAWL_ON_EACH_VERSION(Operator);

TEST_P(Operator, PausesSetsAndResumesARunFromElsewhere) {
  auto runner = start();

  EXPECT_EQ(pawl({"pause", "add_one", "--reason", "lunch"}).exit_code, 0);
  EXPECT_TRUE(wait_until(db_->url(), "(SELECT state FROM pawl.run) = 'paused'"));
  EXPECT_EQ(pawl({"wait", "add_one", "--timeout", "1ms"}).exit_code, 3);
  EXPECT_EQ(status().at("state"), "paused");
  EXPECT_EQ(status().at("reason"), "lunch");
  const auto set = pawl({"set", "add_one", "jobs=3", "batch-size=500", "target=100ms"});
  EXPECT_EQ(set.out, "jobs=3 batch-size=500 target=100ms\n");
  let_go();
  EXPECT_EQ(pawl({"resume", "add_one", "--detach"}).exit_code, 0);

  EXPECT_EQ(runner.wait().exit_code, 0);
  EXPECT_EQ(db_->value("SELECT count(*) FROM acct WHERE balance <> 1"), "0");
  EXPECT_EQ(status().at("state"), "done");
  // 60 batches if no smaller size had come; 30,000 rows were left at least.
  EXPECT_GT(status().at("batches"), 85);
  EXPECT_EQ(pawl({"set", "add_one"}).out, set.out);
}

TEST_P(Operator, SetsTheNumberOfConnectionsOfARunThatGoesOn) {
  // A worker connects for a range: there are more of them than workers, and none can be finished.
  db_->sql("INSERT INTO acct (id) SELECT i FROM generate_series(60001, 480000) AS i; ANALYZE acct");
  holder_->run("SELECT FROM acct WHERE id % 60000 = 30500 FOR UPDATE");
  auto runner = start();
  const std::string connections =
      "(SELECT count(*) FROM pg_stat_activity WHERE application_name ~ '^pawl/.*[0-9]$')";
  EXPECT_TRUE(wait_until(db_->url(), connections + " = 2"));

  EXPECT_EQ(pawl({"set", "add_one", "jobs=5"}).exit_code, 0);
  EXPECT_TRUE(wait_until(db_->url(), connections + " = 5"));
  EXPECT_EQ(pawl({"set", "add_one", "jobs=1"}).exit_code, 0);
  EXPECT_TRUE(wait_until(db_->url(), connections + " = 1"));

  let_go();
  EXPECT_EQ(runner.wait().exit_code, 0);
}

TEST_P(Operator, SeesWhoBlocksARun) {
  file_ = folder_.write("add_one.sql",
                        std::string{"-- pawl:timeout lock=60min statement=90min\n"} + add_one);
  auto runner = start();
  ASSERT_TRUE(wait_until(db_->url(), "EXISTS (SELECT FROM pg_locks WHERE NOT granted)"));

  const auto seen = status();
  EXPECT_EQ(seen.at("state"), "running");
  ASSERT_EQ(seen.at("blocked_by").size(), 1U) << seen;
  EXPECT_THAT(seen.at("blocked_by").at(0).get<std::string>(),
              HasSubstr(std::to_string(holder_->pid())));
  EXPECT_EQ(seen.at("runners").size(), 1U);
  EXPECT_EQ(seen.at("runners").at(0).at("alive"), true);
  EXPECT_THAT(pawl({"status", "add_one"}).out, HasSubstr("blocked"));
  EXPECT_EQ(pawl({"status", "--exit-code"}).exit_code, 3);
  auto waiting = start_pawl({"wait", "add_one"}, {{"DATABASE_URL", db_->url()}});
  let_go();

  EXPECT_EQ(runner.wait().exit_code, 0);
  EXPECT_EQ(waiting.wait().exit_code, 0);
}

TEST_P(Operator, CancelsARunAndARetryDoesNotStartItAgain) {
  auto runner = start();

  EXPECT_EQ(pawl({"cancel", "add_one"}).exit_code, 0);
  EXPECT_EQ(runner.wait().exit_code, 8);
  const auto retry = pawl({"run", file_});
  EXPECT_EQ(retry.exit_code, 8);
  EXPECT_THAT(retry.err, HasSubstr("pawl resume"));
  let_go();

  EXPECT_EQ(pawl({"resume", "add_one"}).exit_code, 0);
  EXPECT_EQ(db_->value("SELECT count(*) FROM acct WHERE balance <> 1"), "0");
}

TEST_P(Operator, SeesAStalledRunAndTakesItOver) {
  auto runner = start();

  runner.kill(SIGKILL);
  runner.wait();
  ASSERT_TRUE(
      wait_until(db_->url(), "NOT EXISTS (SELECT FROM pawl.runner w WHERE pawl.is_alive(w))"));
  EXPECT_EQ(status().at("state"), "stalled");
  EXPECT_EQ(status().at("stalled"), "its runner is gone");
  EXPECT_EQ(pawl({"status", "--exit-code"}).exit_code, 3);
  EXPECT_EQ(pawl({"wait", "add_one", "--timeout", "1ms"}).exit_code, 3);
  let_go();

  EXPECT_EQ(pawl({"resume", "add_one"}).exit_code, 0);
  EXPECT_EQ(pawl({"status", "--exit-code"}).exit_code, 0);
  EXPECT_EQ(pawl({"wait", "add_one"}).exit_code, 0);
  EXPECT_EQ(pawl({"verify", "add_one"}).exit_code, 0);
  EXPECT_THAT(pawl({"log", "add_one"}).out, HasSubstr("requested_resume"));
  EXPECT_EQ(db_->value("SELECT count(*) FROM acct WHERE balance <> 1"), "0");
}

TEST_P(Operator, ForgetsAnUnfinishedRunOnlyByName) {
  auto runner = start();
  runner.kill(SIGINT);
  let_go();
  runner.wait();

  EXPECT_EQ(pawl({"forget", "add_one"}).exit_code, 6);
  EXPECT_EQ(pawl({"forget", "add_one", "--confirm", "add_one"}).exit_code, 0);
  EXPECT_EQ(pawl({"status", "add_one"}).exit_code, 2);
  EXPECT_EQ(db_->value("SELECT count(*) FROM pawl.range"), "0");
}

TEST_P(Operator, CannotForgetARunThatGoesOn) {
  auto runner = start();

  EXPECT_EQ(pawl({"forget", "add_one", "--confirm", "add_one"}).exit_code, 6);
  let_go();

  EXPECT_EQ(runner.wait().exit_code, 0);
  EXPECT_EQ(pawl({"forget", "add_one"}).exit_code, 0);
}

TEST_P(Operator, GetsOnlyJsonLinesWithJson) {
  let_go();
  const auto end = pawl({"run", file_, "--json"});

  ASSERT_EQ(end.exit_code, 0) << end.err;
  EXPECT_EQ(end.err, "");
  const auto objects = json_lines(end.out);
  EXPECT_EQ(objects.front().at("type"), "run");
  EXPECT_EQ(objects.front().at("schema"), "pawl.run/1");
  int changed_by_batches = 0;
  for (const auto& object : objects) {
    if (object.at("type") == "batch") {
      changed_by_batches += object.at("rows_changed").get<int>();
    }
  }
  EXPECT_EQ(changed_by_batches, 60'000);
  EXPECT_EQ(objects.back().at("type"), "summary");
  EXPECT_EQ(objects.back().at("state"), "done");
  EXPECT_EQ(objects.back().at("rows_changed"), 60'000);
  for (const auto& event : json_lines(pawl({"log", "add_one", "--json"}).out)) {
    EXPECT_EQ(event.at("schema"), "pawl.log/1");
  }
}

}  // namespace
}  // namespace pawl::test
