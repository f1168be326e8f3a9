// Servers that go away or fall silent under a run, and what the runner then tells and does.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <fstream>
#include <string>
#include <vector>

#include "cli/job_files.hpp"
#include "sandbox/fixture.hpp"
#include "support/pawl_process.hpp"
#include "support/server.hpp"

namespace pawl::test {
namespace {

using testing::HasSubstr;

// A run of batches that take a while, on a server of its own.
class SilentServer : public on_each_version {
 protected:
  void SetUp() override {
    on_each_version::SetUp();
    if (IsSkipped()) {
      return;
    }
    own_ = std::make_unique<sandbox::own_sandbox>(version());
    url_ = own_->up().url;
    sql(url_, acct_rows);
    file_ = folder_.write("add_one.sql",
                          "UPDATE acct SET balance = balance + 1 WHERE pg_sleep(0.001) IS NOT "
                          "NULL;\n");
  }
  void TearDown() override { go_on(); }

  pawl_process start(std::vector<std::string> more = {"--grace", "1s"}) {
    std::vector<std::string> args = {"run", file_, "--batch-size", "100"};
    args.insert(args.end(), more.begin(), more.end());
    auto runner = start_pawl(args, {{"DATABASE_URL", url_}});
    EXPECT_TRUE(wait_until(url_, "to_regclass('pawl.range') IS NOT NULL"));
    EXPECT_TRUE(wait_until(url_, "(SELECT sum(batches) FROM pawl.range) > 2")) << runner.err();
    return runner;
  }

  int postmaster() const {
    int pid = 0;
    std::ifstream{own_->folder() / "data" / "postmaster.pid"} >> pid;
    EXPECT_GT(pid, 1);
    return pid;
  }

  // As a network that drops every packet: nothing answers, nothing is closed.
  void fall_silent() {
    for (const auto& row : sql(url_,
                               "SELECT pid FROM pg_stat_activity WHERE application_name LIKE "
                               "'pawl/%'")) {
      stopped_.push_back(std::stoi(row.at(0).value()));
    }
    ASSERT_FALSE(stopped_.empty());
    stopped_.push_back(postmaster());
    for (const int pid : stopped_) {
      ASSERT_EQ(::kill(pid, SIGSTOP), 0);
    }
  }
  void go_on() {
    for (const int pid : stopped_) {
      ::kill(pid, SIGCONT);
    }
    stopped_.clear();
  }

  job_folder folder_;
  std::unique_ptr<sandbox::own_sandbox> own_;
  std::string url_;
  std::string file_;
  std::vector<int> stopped_;
};
PAWL_ON_EACH_VERSION(SilentServer);

TEST_P(SilentServer, DoesNotKeepARunnerThatIsToStop) {
  auto runner = start();
  fall_silent();
  runner.kill(SIGINT);
  const auto end = runner.wait();
  go_on();

  EXPECT_EQ(end.exit_code, 130) << end.err;
  EXPECT_THAT(end.err, HasSubstr("draining"));
}

TEST_P(SilentServer, DoesNotKeepARunnerThatIsToStopAtOnce) {
  auto runner = start({"--grace", "1h"});
  fall_silent();
  runner.kill(SIGINT);
  runner.kill(SIGTERM);
  const auto end = runner.wait();
  go_on();

  EXPECT_EQ(end.exit_code, 130) << end.err;
}

TEST_P(SilentServer, ThatIsGoneHoldsTheRunWhichSaysWhyAndGivesUp) {
  auto runner = start({"--hold-for", "2s", "--progress", "plain"});
  ASSERT_EQ(::kill(postmaster(), SIGQUIT), 0);
  const auto end = runner.wait();

  EXPECT_EQ(end.exit_code, 4) << end.err;
  EXPECT_THAT(end.err, HasSubstr("state=held reason=\"connection"));
  EXPECT_THAT(end.out, HasSubstr("not reachable for 2 s"));
  EXPECT_THAT(end.out, testing::Not(HasSubstr("committed  0 rows")));
}

TEST_P(SilentServer, ThatEndedTheControlConnectionKnowsTheRunnerByTheNext) {
  auto runner = start();
  const std::string alive = "(SELECT pawl.is_alive(w) FROM pawl.runner w)";
  ASSERT_EQ(sql_value(url_, "SELECT " + alive), "t");
  const auto backend = sql_value(url_, "SELECT pid FROM pawl.runner");

  sql(url_,
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE "
      "'pawl/%control'");

  EXPECT_TRUE(wait_until(url_, alive + " AND (SELECT pid <> " + backend + " FROM pawl.runner)"));
  runner.kill(SIGINT);
  EXPECT_EQ(runner.wait().exit_code, 130);
}

TEST_P(SilentServer, IsAskedForNothingByAUserWhoAsksHowFarTheRunIs) {
  auto runner = start({"--progress", "none"});
  EXPECT_EQ(runner.err(), "");

  runner.kill(SIGUSR1);
  runner.kill(SIGINT);
  const auto end = runner.wait();

  EXPECT_EQ(end.exit_code, 130);
  EXPECT_THAT(end.err, HasSubstr(" progress run=1 job=add_one pct="));
}

}  // namespace
}  // namespace pawl::test
