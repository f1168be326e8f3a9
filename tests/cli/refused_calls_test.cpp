// Calls that a server is asked for and that are refused: a run that is not there (2), a table, role
// or ledger that cannot be worked with (6). Nothing is changed then.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "cli/job_files.hpp"
#include "cli/json_lines.hpp"
#include "support/login_role.hpp"
#include "support/pawl_process.hpp"
#include "support/server.hpp"

namespace pawl::test {
namespace {

using testing::HasSubstr;

class RefusedCall : public on_each_version {
 protected:
  static outcome pawl(const std::string& url, std::vector<std::string> args) {
    return run_pawl(std::move(args), {{"DATABASE_URL", url}});
  }
  // Refused with exit code 6, this number and this text, also as JSON.
  void expect_six(const std::string& url, const std::string& job, const std::string& number,
                  const std::string& says) {
    SCOPED_TRACE(number);
    const auto file = folder_.write("job.sql", job);
    const auto refused = pawl(url, {"run", file});
    EXPECT_EQ(refused.exit_code, 6) << refused.out << refused.err;
    EXPECT_THAT(refused.err, HasSubstr(number));
    EXPECT_THAT(refused.err, HasSubstr(says));
    EXPECT_THAT(refused.err, HasSubstr("hint: "));
    const auto object = last_json(pawl(url, {"run", file, "--json"}).out);
    EXPECT_EQ(object.at("type"), "error");
    EXPECT_EQ(object.at("code"), number);
    EXPECT_EQ(object.at("exit"), 6);
  }

  job_folder folder_;
};
PAWL_ON_EACH_VERSION(RefusedCall);

// Every command that asks for a run, in the forms that end by themselves.
std::vector<std::vector<std::string>> calls_for(const std::string& run) {
  return {{"status", run},
          {"status", run, "--watch"},
          {"resume", run},
          {"resume", run, "--detach"},
          {"pause", run},
          {"cancel", run},
          {"set", run},
          {"set", run, "jobs=3"},
          {"verify", run},
          {"log", run},
          {"log", run, "--follow"},
          {"forget", run},
          {"forget", run, "--confirm", run}};
}

// A ledger that somebody altered by hand is told from one that says that work is left.
TEST_P(RefusedCall, ForARunWhoseLedgerWasAlteredIsOne) {
  const test_database db(version());
  db.sql(acct_rows);
  ASSERT_EQ(pawl(db.url(), {"run", folder_.write("add_one.sql", add_one)}).exit_code, 0);
  const auto expect_damage = [&](std::vector<std::string> args, const std::string& says) {
    const auto end = pawl(db.url(), std::move(args));
    EXPECT_EQ(end.exit_code, 1) << end.err;
    EXPECT_THAT(end.err, HasSubstr("PAWL-105"));
    EXPECT_THAT(end.err, HasSubstr(says));
  };

  db.sql("ALTER TABLE pawl.range DISABLE TRIGGER USER; DELETE FROM pawl.range");
  expect_damage({"verify", "add_one"}, "do not cover public.acct");

  db.sql("UPDATE pawl.run SET definition = jsonb_set(definition, '{job}', '7')");
  for (const char* command : {"verify", "resume", "plan"}) {
    expect_damage({command, "add_one"}, "holds 1 jobs, not job 8");
  }
}

// Refused means that nothing was changed, whichever statement of the file it is for.
TEST_P(RefusedCall, ForALaterJobComesBeforeTheFirstIsBegun) {
  const test_database db(version());
  db.sql(std::string{acct_rows} + "; CREATE TABLE keyless (n int)");
  db.enlarge("keyless", "{}");

  expect_six(db.url(), std::string{add_one} + "UPDATE keyless SET n = 1;\n", "PAWL-601", "keyless");

  EXPECT_EQ(db.value("SELECT sum(balance) FROM acct"), "0");
  EXPECT_EQ(db.value("SELECT to_regclass('pawl.run')"), "NULL");
}

TEST_P(RefusedCall, ForAnUnknownRunIsTwo) {
  const test_database db(version());
  db.sql(acct_rows);
  ASSERT_EQ(pawl(db.url(), {"run", folder_.write("add_one.sql", add_one)}).exit_code, 0);

  for (const auto& args : calls_for("nobody")) {
    SCOPED_TRACE(testing::PrintToString(args));
    const auto unknown = pawl(db.url(), args);
    EXPECT_EQ(unknown.exit_code, 2) << unknown.err;
    EXPECT_THAT(unknown.err, HasSubstr("PAWL-207"));
    EXPECT_THAT(unknown.err, HasSubstr("there is no run \"nobody\""));
    EXPECT_THAT(unknown.err, HasSubstr("pawl status"));
  }
  EXPECT_EQ(db.value("SELECT concat_ws(' ', count(*), min(state)) FROM pawl.run"), "1 done");
}

TEST_P(RefusedCall, InADatabaseWithoutALedgerIsTwoAndMakesNone) {
  const test_database db(version());

  for (const auto& args : calls_for("nobody")) {
    SCOPED_TRACE(testing::PrintToString(args));
    const auto unknown = pawl(db.url(), args);
    EXPECT_EQ(unknown.exit_code, 2) << unknown.err;
    EXPECT_THAT(unknown.err, HasSubstr("PAWL-207"));
    EXPECT_THAT(unknown.err, HasSubstr("no schema pawl"));
    EXPECT_THAT(unknown.err, HasSubstr("pawl run FILE.sql"));
  }
  EXPECT_EQ(db.value("SELECT to_regnamespace('pawl') IS NULL"), "t");
}

TEST_P(RefusedCall, ToWaitForAnUnknownRunIsTwo) {
  const test_database db(version());

  const auto empty = pawl(db.url(), {"wait", "nobody", "--timeout", "1s"});
  EXPECT_EQ(empty.exit_code, 2) << empty.err;
  EXPECT_THAT(empty.err, HasSubstr("PAWL-207"));
  db.sql(acct_rows);
  ASSERT_EQ(pawl(db.url(), {"run", folder_.write("add_one.sql", add_one)}).exit_code, 0);
  const auto unknown = pawl(db.url(), {"wait", "nobody", "--timeout", "1s"});
  EXPECT_EQ(unknown.exit_code, 2) << unknown.err;
  EXPECT_THAT(unknown.err, HasSubstr("PAWL-207"));
}

TEST_P(RefusedCall, OfATableThatCannotBeWalkedIsSix) {
  const test_database db(version());
  db.sql(
      "CREATE EXTENSION file_fdw; CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;"
      "CREATE FOREIGN TABLE abroad (n int) SERVER files OPTIONS (filename '/dev/null');"
      "CREATE TABLE broken (id int NOT NULL, n int); CREATE UNIQUE INDEX broken_id ON broken (id);"
      "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'broken_id'::regclass");
  db.enlarge("broken", R"({"id": 1, "n": 0})");

  expect_six(db.url(), "UPDATE abroad SET n = 1;\n", "PAWL-603", "foreign table");
  expect_six(db.url(), "UPDATE broken SET n = 1;\n", "PAWL-602", "REINDEX INDEX CONCURRENTLY");
  EXPECT_EQ(db.value("SELECT to_regnamespace('pawl') IS NULL"), "t");
}

TEST_P(RefusedCall, OfARoleThatMayNotOrDoesNotSeeAllRowsIsSix) {
  const test_database db(version());
  db.sql(acct_rows);
  const login_role clerk(db, "clerk_of_acct");
  db.sql("GRANT SELECT ON acct TO clerk_of_acct");

  expect_six(clerk.url(), add_one, "PAWL-614", "clerk_of_acct");
  db.sql(
      "GRANT UPDATE ON acct TO clerk_of_acct; ALTER TABLE acct ENABLE ROW LEVEL SECURITY;"
      "CREATE POLICY few ON acct USING (id < 10)");
  expect_six(clerk.url(), add_one, "PAWL-605", "row-level security");

  EXPECT_EQ(db.value("SELECT sum(balance) FROM acct"), "0");
}

TEST_P(RefusedCall, OfALedgerThatACrashWouldEmptyIsSix) {
  const test_database db(version());
  db.sql(acct_rows);
  ASSERT_EQ(pawl(db.url(), {"run", folder_.write("add_one.sql", add_one)}).exit_code, 0);
  db.sql("ALTER TABLE pawl.range SET UNLOGGED");

  expect_six(db.url(), add_one, "PAWL-610", "SET LOGGED");
  EXPECT_EQ(db.value("SELECT sum(balance) FROM acct"), "60000");
}

}  // namespace
}  // namespace pawl::test
