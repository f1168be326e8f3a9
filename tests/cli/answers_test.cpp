// What commands answer: documents of --json, how waiting and following end, what a restart asks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "cli/job_files.hpp"
#include "cli/json_lines.hpp"
#include "cli/odd_streams.hpp"
#include "support/login_role.hpp"
#include "support/pawl_process.hpp"
#include "support/server.hpp"

namespace pawl::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

constexpr const char* canary = "canary-7f3a";

class Answer : public on_each_version {
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

  std::map<std::string, std::string> env() const { return {{"DATABASE_URL", db_->url()}}; }
  outcome pawl(std::vector<std::string> args) { return run_pawl(std::move(args), env()); }
  // The only document that a call prints, with this exit code.
  json document(std::vector<std::string> args, int exit_code = 0) {
    args.emplace_back("--json");
    const auto end = pawl(args);
    EXPECT_EQ(end.exit_code, exit_code) << testing::PrintToString(args) << end.err;
    const auto all = json_lines(end.out);
    EXPECT_EQ(all.size(), 1U) << end.out;
    return all.empty() ? json::object() : all.front();
  }
  // Leaves the run of this file failed at row 30000, and nothing to fail it again.
  void fail_halfway(const std::string& file, const std::string& unchanged = "balance = 0") {
    db_->sql("ALTER TABLE acct ADD CONSTRAINT stop CHECK (id < 30000 OR " + unchanged + ")");
    const auto failed = pawl({"run", file, "--jobs", "1"});
    EXPECT_EQ(failed.exit_code, 1) << failed.err;
    db_->sql("ALTER TABLE acct DROP CONSTRAINT stop");
  }
  // Leaves it running, and nobody at work on it.
  void abandon() {
    fail_halfway(file_);
    EXPECT_EQ(pawl({"resume", "add_one", "--detach"}).exit_code, 0);
  }
  std::string rows_with(int balance) {
    return db_->value("SELECT count(*) FROM acct WHERE balance = " + std::to_string(balance));
  }

  job_folder folder_;
  std::unique_ptr<test_database> db_;
  std::string file_;
};
PAWL_ON_EACH_VERSION(Answer);

std::size_t count_of(const std::string& text, const std::string& word) {
  std::size_t count = 0;
  for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
    ++count;
  }
  return count;
}

json request(const char* state) {
  return {{"schema", "pawl.request/1"}, {"run", 1}, {"job", "add_one"}, {"state", state}};
}

TEST_P(Answer, OfARequestIsOneDocumentWithJson) {
  fail_halfway(file_);

  EXPECT_EQ(document({"resume", "add_one", "--detach"}), request("running"));
  auto set = request("running");
  set["tunables"] = {{"jobs", 3}, {"batch_rows", "auto"}, {"target_ms", nullptr}};
  EXPECT_EQ(document({"set", "add_one", "jobs=3", "batch-size=auto"}), set);
  EXPECT_EQ(document({"set", "1"}), set);
  EXPECT_EQ(document({"pause", "add_one"}), request("paused"));
  EXPECT_EQ(document({"wait", "1", "--timeout", "1ms"}, 3),
            json({{"schema", "pawl.wait/1"}, {"run", 1}, {"state", "paused"}, {"exit", 3}}));
  EXPECT_EQ(document({"cancel", "add_one"}), request("cancelled"));
  EXPECT_EQ(document({"wait", "add_one"}, 8),
            json({{"schema", "pawl.wait/1"}, {"run", 1}, {"state", "cancelled"}, {"exit", 8}}));
  EXPECT_EQ(document({"forget", "1", "--confirm", "add_one"}), request("forgotten"));
  EXPECT_EQ(document({"forget", "1"}, 2).at("code"), "PAWL-207");
  EXPECT_EQ(
      document({"wait", "--reachable"}),
      json({{"schema", "pawl.wait/1"}, {"run", nullptr}, {"state", "reachable"}, {"exit", 0}}));
}

TEST_P(Answer, OfVerifyIsOneDocumentWithJson) {
  const auto file = folder_.write("fill.sql", "UPDATE acct SET note = 'x' WHERE note IS NULL;\n");
  EXPECT_EQ(pawl({"run", file}).exit_code, 0);

  const auto holds = document({"verify", "fill"});
  EXPECT_EQ(holds.at("schema"), "pawl.verify/1");
  EXPECT_EQ(holds.at("run"), 1);
  EXPECT_EQ(holds.at("holds"), true);
  EXPECT_EQ(pawl({"verify", "fill"}).out, holds.at("text").get<std::string>() + "\n");
  db_->sql("UPDATE acct SET note = NULL WHERE id = 4711");
  EXPECT_EQ(document({"verify", "fill"}, 7).at("code"), "PAWL-700");
}

TEST_P(Answer, NeverShowsAConnectionStringGivenAsARun) {
  EXPECT_EQ(pawl({"run", file_}).exit_code, 0);
  const std::string secret = std::string{"postgresql://u:"} + canary + "@127.0.0.1:1/d";

  for (const std::string command : {"status", "wait", "log", "pause", "verify", "plan"}) {
    for (const bool as_json : {false, true}) {
      const auto end = pawl({command, secret, as_json ? "--json" : "--quiet"});
      EXPECT_EQ(end.exit_code, 2) << command << end.err;
      EXPECT_THAT(end.err + end.out, Not(HasSubstr(canary))) << command;
    }
  }
}

TEST_P(Answer, OfWaitIsTheCauseThatTheLedgerHolds) {
  const auto file = folder_.write("checked.sql",
                                  std::string{add_one} +
                                      "-- pawl:verify\nSELECT count(*) = 0 FROM acct WHERE balance "
                                      "<> 2 AND /* pawl:range */ true;\n");
  EXPECT_EQ(pawl({"run", file}).exit_code, 7);
  EXPECT_EQ(pawl({"wait", "checked"}).exit_code, 7);

  const auto status = pawl({"status", "checked"}).out;
  EXPECT_THAT(status, HasSubstr("\n  reason     PAWL-700: "));
  EXPECT_THAT(status, HasSubstr("\n             hint: ")) << "on a line of its own";
  fail_halfway(file_, "balance = 1");
  EXPECT_EQ(pawl({"wait", "add_one"}).exit_code, 1);
}

TEST_P(Answer, OfWaitForNobodysRunIsImmediate) {
  EXPECT_EQ(pawl({"wait", "add_one"}).exit_code, 2) << "there is no ledger";
  EXPECT_EQ(pawl({"run", file_}).exit_code, 0);

  const auto unknown = pawl({"wait", "ad_one"});
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("PAWL-207"));
  EXPECT_EQ(pawl({"wait", "--reachable"}).exit_code, 0);
}

TEST_P(Answer, OfWaitAndStatusTellOnceThatARunIsStalled) {
  abandon();

  const auto waited = pawl({"wait", "add_one", "--timeout", "4s"});
  EXPECT_EQ(waited.exit_code, 3);
  EXPECT_EQ(count_of(waited.err, "is stalled: no runner works on it"), 1U) << waited.err;
  EXPECT_THAT(waited.err, HasSubstr("pawl resume 1"));
  EXPECT_EQ(waited.out, "");
  const auto shown = pawl({"status", "add_one"}).out;
  EXPECT_THAT(shown, HasSubstr("  state      stalled for "));
  EXPECT_THAT(shown, HasSubstr(": no runner works on it\n"));
  EXPECT_EQ(count_of(shown, "stalled"), 1U) << shown;
}

TEST_P(Answer, OfLogAndStatusEndsWithTheRunHoweverItEnded) {
  fail_halfway(file_);
  const auto failed = pawl({"log", "add_one", "--follow"});
  EXPECT_EQ(failed.exit_code, 0) << failed.err;
  EXPECT_THAT(failed.out, HasSubstr("opened"));
  EXPECT_THAT(failed.out, HasSubstr("failed"));
  EXPECT_EQ(pawl({"status", "add_one", "--watch"}).exit_code, 0);
  EXPECT_EQ(pawl({"status", "add_one", "--watch", "--exit-code"}).exit_code, 3);

  EXPECT_EQ(pawl({"cancel", "add_one"}).exit_code, 0);
  EXPECT_THAT(pawl({"log", "add_one", "-f"}).out, HasSubstr("requested_cancel"));
  const auto watched = pawl({"status", "add_one", "--watch"});
  EXPECT_THAT(watched.out, HasSubstr("cancelled"));
  EXPECT_THAT(watched.out, Not(HasSubstr("\x1b"))) << "it is no terminal";
}

TEST_P(Answer, OfARestartThatWouldChangeRowsTwiceIsAQuestion) {
  fail_halfway(file_);

  for (const std::vector<std::string>& more :
       {std::vector<std::string>{}, {"--no-input"}, {"--confirm", "add_two"}, {"--confirm", "1"}}) {
    std::vector<std::string> args{"run", file_, "--restart"};
    args.insert(args.end(), more.begin(), more.end());
    const auto refused = pawl(args);
    EXPECT_EQ(refused.exit_code, 6) << testing::PrintToString(more);
    EXPECT_THAT(refused.err, HasSubstr("PAWL-612"));
    EXPECT_THAT(refused.err, HasSubstr("--restart --confirm add_one"));
    EXPECT_THAT(refused.err, HasSubstr("pawl resume 1"));
  }
  EXPECT_EQ(document({"run", file_, "--restart"}, 6).at("code"), "PAWL-612");
  EXPECT_EQ(rows_with(1), "29999");

  const auto meant = pawl({"run", file_, "--restart", "--confirm", "add_one"});
  EXPECT_EQ(meant.exit_code, 0) << meant.err;
  EXPECT_EQ(rows_with(2), "29999");
  EXPECT_EQ(rows_with(1), "30001");
  EXPECT_EQ(pawl({"run", file_, "--restart"}).exit_code, 0) << "what is done needs no name";
}

TEST_P(Answer, OfARestartThatPassesOverChangedRowsIsNoQuestion) {
  const auto file = folder_.write("fill.sql", "UPDATE acct SET note = 'x' WHERE note IS NULL;\n");
  fail_halfway(file, "note IS NULL");

  const auto end = pawl({"run", file, "--restart"});
  EXPECT_EQ(end.exit_code, 0) << end.err;
  EXPECT_EQ(db_->value("SELECT count(*) FROM acct WHERE note = 'x'"), "60000");
}

TEST_P(Answer, OfARestartOnATerminalIsTheNameThatIsTyped) {
  fail_halfway(file_);
  const std::vector<std::string> args{"run", file_, "--restart"};

  const auto other = run_at_terminal(args, "yes", env());
  EXPECT_EQ(other.exit_code, 6) << other.out;
  EXPECT_THAT(other.out, HasSubstr("type its name (add_one): "));
  auto silent = args;
  silent.emplace_back("--no-input");
  const auto unasked = run_at_terminal(silent, "add_one", env());
  EXPECT_EQ(unasked.exit_code, 6) << unasked.out;
  EXPECT_THAT(unasked.out, Not(HasSubstr("type its name")));
  EXPECT_EQ(rows_with(2), "0");

  const auto meant = run_at_terminal(args, "add_one", env());
  EXPECT_EQ(meant.exit_code, 0) << meant.out;
  EXPECT_EQ(rows_with(2), "29999");
}

TEST_P(Answer, ThatCannotBeWrittenIsAFailure) {
  EXPECT_EQ(pawl({"run", file_}).exit_code, 0);

  EXPECT_EQ(run_into("/dev/full", {"status"}, env()), 1);
  EXPECT_EQ(run_into("/dev/full", {"log", "add_one"}, env()), 1);
  EXPECT_EQ(run_into("/dev/null", {"status"}, env()), 0);
}

// docs/ledger.md, "Rights".
TEST_P(Answer, OfARunIsDoneForARoleWithTheRightsThatTheDocumentationNames) {
  const login_role app(*db_, "app_of_rights");
  db_->sql("REVOKE CREATE ON DATABASE " + db_->name() + " FROM app_of_rights");
  db_->sql(run_pawl({"version", "--ddl"}).out);
  db_->sql(
      "REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA pawl FROM PUBLIC;"
      "GRANT USAGE ON SCHEMA pawl TO app_of_rights;"
      "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA pawl TO app_of_rights;"
      "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA pawl TO app_of_rights;"
      "GRANT SELECT, UPDATE ON acct TO app_of_rights");
  const std::map<std::string, std::string> as_app{{"DATABASE_URL", app.url()}};

  const auto end = run_pawl({"run", file_}, as_app);
  EXPECT_EQ(end.exit_code, 0) << end.out << end.err;
  EXPECT_EQ(rows_with(1), "60000");
  const auto once =
      folder_.write("once.sql", "UPDATE acct SET balance = (SELECT max(balance) FROM acct) + 1;\n");
  EXPECT_EQ(run_pawl({"run", once}, as_app).exit_code, 6) << "its work table needs CREATE";
  db_->sql("GRANT CREATE ON SCHEMA pawl TO app_of_rights");
  EXPECT_EQ(run_pawl({"run", once}, as_app).exit_code, 0);
  EXPECT_EQ(rows_with(2), "60000");
  EXPECT_EQ(run_pawl({"status", "once"}, as_app).exit_code, 0);
  EXPECT_EQ(run_pawl({"forget", "once"}, as_app).exit_code, 0);
}

}  // namespace
}  // namespace pawl::test
