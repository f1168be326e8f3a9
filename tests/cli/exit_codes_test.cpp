// What goes wrong, and what the user is told: exit codes and texts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "cli/job_files.hpp"
#include "cli/json_lines.hpp"
#include "sandbox/fixture.hpp"
#include "support/pawl_process.hpp"
#include "support/server.hpp"

namespace pawl::test {
namespace {

using testing::HasSubstr;
using testing::Not;

struct bad_call {
  std::vector<std::string> args;
  int exit_code;
  std::vector<std::string> says;
};

TEST(BadCall, IsRefusedWithItsExitCodeAndTheWayOut) {
  const job_folder folder;
  const auto job = folder.write("ok.sql", add_one);
  const auto slip = folder.write("slip.sql", "UPDATE acct\n  SET balance == 1;\n");
  const auto ddl = folder.write("ddl.sql", "CREATE TABLE x (a int);\n");
  const auto with =
      folder.write("with.sql", "WITH x AS (DELETE FROM a RETURNING *) SELECT 1 FROM x;\n");
  const std::string nowhere = "postgresql://x@127.0.0.1:1/x";
  const std::vector<bad_call> calls = {
      {{"run", job}, 2, {"PAWL-205", "pawl sandbox up", "export DATABASE_URL="}},
      {{"run", job, "--db", nowhere}, 4, {"PAWL-400", "127.0.0.1"}},
      {{"run", "missing.sql", "--db", nowhere}, 2, {"PAWL-201", "missing.sql"}},
      {{"run", slip, "--db", nowhere}, 2, {"PAWL-202", "slip.sql:2:"}},
      {{"run", ddl, "--db", nowhere}, 2, {"PAWL-208", "ddl.sql:1:"}},
      {{"run", with, "--db", nowhere}, 2, {"PAWL-204", "/* pawl:range */ true", "-- pawl:batch"}},
      {{"plan", ddl, "--db", nowhere}, 2, {"PAWL-208", "ddl.sql:1:"}},
      {{"plan", job}, 2, {"PAWL-205", "export DATABASE_URL="}},
      {{"plan", job, "--sample", "0"}, 2, {"PAWL-200", "--sample"}},
      {{"stauts"}, 2, {"PAWL-200", "Did you mean `pawl status`?"}},
      {{"run", job, "--jobs", "0"}, 2, {"PAWL-200", "--jobs"}},
      {{"run", job, "--target", "soon"}, 2, {"PAWL-200", "takes a duration"}},
      {{"set", "1", "jobs=0"}, 2, {"PAWL-200", "jobs=1..256"}},
      {{"wait"}, 2, {"PAWL-200", "--reachable"}},
      {{"wait", "--reachable", "--timeout", "1ms", "--db", nowhere}, 3, {"127.0.0.1"}},
  };

  for (const auto& c : calls) {
    const auto end = run_pawl(c.args);
    SCOPED_TRACE(testing::PrintToString(c.args));
    EXPECT_EQ(end.exit_code, c.exit_code) << end.err;
    for (const auto& text : c.says) {
      EXPECT_THAT(end.err, HasSubstr(text));
    }
  }
}

class ExitCode : public on_each_version {
 protected:
  outcome pawl(const test_database& db, std::vector<std::string> args) {
    return run_pawl(std::move(args), {{"DATABASE_URL", db.url()}});
  }
};
PAWL_ON_EACH_VERSION(ExitCode);

TEST_P(ExitCode, OfABadRowIsOneAndShowsItsKeyAndTheRowsBeforeItAreDone) {
  const test_database db(version());
  const job_folder folder;
  db.sql(acct_rows);
  db.sql("UPDATE acct SET note = 'x' WHERE id <> 4711");
  const auto file = folder.write("divide.sql", "UPDATE acct SET balance = 1 / length(note);\n");
  db.sql("UPDATE acct SET note = '' WHERE id = 4711");

  const auto failed = pawl(db, {"run", file, "--jobs", "1"});
  EXPECT_EQ(failed.exit_code, 1);
  EXPECT_THAT(failed.out, HasSubstr("PAWL-101"));
  EXPECT_THAT(failed.out, HasSubstr("id = 4711"));
  EXPECT_THAT(failed.out, HasSubstr("22012"));
  EXPECT_EQ(db.value("SELECT count(*) FROM acct WHERE id < 4711 AND balance = 0"), "0");
  EXPECT_EQ(db.value("SELECT state FROM pawl.run"), "failed");
  db.sql("UPDATE acct SET note = 'mended' WHERE id = 4711");
  const auto mended = pawl(db, {"resume", "divide"});

  EXPECT_EQ(mended.exit_code, 0) << mended.out << mended.err;
  EXPECT_EQ(db.value("SELECT sum(rows_changed) FROM pawl.range"), "60000");
}

TEST_P(ExitCode, OfADoneRunIsZeroAndRestartOpensAnotherGeneration) {
  const test_database db(version());
  const job_folder folder;
  db.sql(acct_rows);
  const auto file = folder.write("add_one.sql", add_one);

  EXPECT_EQ(pawl(db, {"run", file}).exit_code, 0);
  const auto again = pawl(db, {"run", file});
  EXPECT_EQ(again.exit_code, 0);
  EXPECT_THAT(again.out, HasSubstr("done already"));
  EXPECT_EQ(db.value("SELECT sum(balance) FROM acct"), "60000");
  EXPECT_EQ(pawl(db, {"run", file, "--restart"}).exit_code, 0);

  EXPECT_EQ(db.value("SELECT sum(balance) FROM acct"), "120000");
  EXPECT_EQ(db.value("SELECT max(generation) FROM pawl.run"), "2");
}

TEST_P(ExitCode, OfAChangedDefinitionIsSixUnlessAccepted) {
  const test_database db(version());
  const job_folder folder;
  db.sql(acct_rows);
  const auto file = folder.write("job.sql", add_one);
  EXPECT_EQ(pawl(db, {"run", file}).exit_code, 0);
  folder.write("job.sql", "UPDATE acct SET balance = balance + 2;\n");

  const auto refused = pawl(db, {"run", file});
  EXPECT_EQ(refused.exit_code, 6);
  EXPECT_THAT(refused.err, HasSubstr("PAWL-607"));
  EXPECT_THAT(refused.err, HasSubstr("--accept-change"));
  EXPECT_EQ(pawl(db, {"run", file, "--accept-change"}).exit_code, 0);

  EXPECT_EQ(db.value("SELECT sum(balance) FROM acct"), "60000") << "no row was left for the change";
}

TEST_P(ExitCode, OfAStandbyIsSix) {
  const sandbox::own_sandbox own(version());
  const job_folder folder;
  sql(own.up().url, acct_rows);
  const auto file = folder.write("add_one.sql", add_one);
  ASSERT_TRUE(sandbox::down(own.folder(), false));
  // Without a primary to follow it stays in recovery, and answers queries.
  std::ofstream{own.folder() / "data" / "standby.signal"};
  const std::string url = own.up().url;

  for (const char* command : {"run", "plan"}) {
    const auto refused = run_pawl({command, file}, {{"DATABASE_URL", url}});
    EXPECT_EQ(refused.exit_code, 6) << refused.err;
    EXPECT_THAT(refused.err, HasSubstr("PAWL-606"));
    EXPECT_THAT(refused.err, HasSubstr("is a standby"));
    EXPECT_THAT(refused.err, HasSubstr("target_session_attrs=read-write"));
  }
  EXPECT_EQ(sql_value(url, "SELECT to_regnamespace('pawl') IS NULL"), "t");
}

TEST_P(ExitCode, OfAnotherServerIsSixUnlessAccepted) {
  const test_database db(version());
  const job_folder folder;
  db.sql(acct_rows);
  const auto file = folder.write("add_one.sql", add_one);
  db.sql("ALTER TABLE acct ADD CONSTRAINT stop CHECK (id < 60000 OR balance = 0)");
  EXPECT_EQ(pawl(db, {"run", file}).exit_code, 1);
  db.sql("ALTER TABLE acct DROP CONSTRAINT stop");
  // As after pg_upgrade, or in a copy that was restored elsewhere.
  db.sql("UPDATE pawl.run SET system_identifier = system_identifier - 1");

  const auto refused = pawl(db, {"run", file});
  EXPECT_EQ(refused.exit_code, 6) << refused.err;
  EXPECT_THAT(refused.err, HasSubstr("PAWL-611"));
  EXPECT_THAT(refused.err, HasSubstr("--accept-server"));
  EXPECT_THAT(refused.err, HasSubstr("pawl forget"));
  EXPECT_EQ(pawl(db, {"resume", "add_one", "--accept-server"}).exit_code, 0);

  EXPECT_EQ(db.value("SELECT count(*) FROM acct WHERE balance = 1"), "60000");
  EXPECT_EQ(pawl(db, {"run", file}).exit_code, 0) << "the new server is the run's own now";
}

TEST_P(ExitCode, OfAnUnknownRunIsTwo) {
  const test_database db(version());
  const job_folder folder;
  db.sql(acct_rows);
  const auto file = folder.write("add_one.sql", add_one);

  const auto empty = pawl(db, {"status"});
  EXPECT_EQ(empty.exit_code, 2);
  EXPECT_THAT(empty.err, HasSubstr("PAWL-207"));
  EXPECT_THAT(empty.err, HasSubstr("pawl run FILE.sql"));
  EXPECT_EQ(pawl(db, {"run", file}).exit_code, 0);
  for (const std::string command :
       {"status", "resume", "pause", "cancel", "verify", "log", "forget", "set"}) {
    const auto unknown = pawl(db, {command, "nobody"});
    EXPECT_EQ(unknown.exit_code, 2) << command;
    EXPECT_THAT(unknown.err, HasSubstr("PAWL-207"));
    EXPECT_THAT(unknown.err, HasSubstr("there is no run \"nobody\"")) << command;
  }
}

TEST_P(ExitCode, OfARequestToADoneRunIsSix) {
  const test_database db(version());
  const job_folder folder;
  db.sql(acct_rows);
  const auto file = folder.write("add_one.sql", add_one);
  EXPECT_EQ(pawl(db, {"run", file}).exit_code, 0);

  for (const std::string command : {"pause", "cancel"}) {
    const auto refused = pawl(db, {command, "add_one"});
    EXPECT_EQ(refused.exit_code, 6) << command;
    EXPECT_THAT(refused.err, HasSubstr("PAWL-615"));
    EXPECT_THAT(refused.err, HasSubstr("is done"));
  }
  EXPECT_EQ(db.value("SELECT state FROM pawl.run"), "done");
}

TEST_P(ExitCode, OfAFailureIsTheSameInTheJsonSummary) {
  const test_database db(version());
  const job_folder folder;
  db.sql(acct_rows);
  const auto file = folder.write("divide.sql", "UPDATE acct SET balance = 1 / (id - 7);\n");

  const auto failed = pawl(db, {"run", file, "--json", "--batch-size", "8"});
  EXPECT_EQ(failed.exit_code, 1);
  const auto summary = last_json(failed.out);
  EXPECT_EQ(summary.at("type"), "summary");
  EXPECT_EQ(summary.at("state"), "failed");
  EXPECT_EQ(summary.at("work_left"), true);
  EXPECT_EQ(summary.at("error").at("code"), "PAWL-101");
  EXPECT_EQ(summary.at("error").at("sqlstate"), "22012");
  const auto syntax = folder.write("slip.sql", "UPDATE acct SET balance == 1;\n");
  const auto refused = last_json(pawl(db, {"run", syntax, "--json"}).out);
  EXPECT_EQ(refused.at("type"), "error");
  EXPECT_EQ(refused.at("exit"), 2);
  EXPECT_EQ(refused.at("line"), 1);
}

constexpr const char* canary = "canary-7f3a";

TEST(BadCall, NeverShowsThePassword) {
  const std::string secret = canary;
  const job_folder folder;
  const auto job = folder.write("ok.sql", add_one);
  for (const auto& url :
       {"postgresql://x:" + secret + "@127.0.0.1:1/x", "postgresql://x:" + secret + "@:port/x",
        "postgresql://x:" + secret + "@h/x?nonsense=1", "host=127.0.0.1 port=1 password=" + secret,
        "postgresql://x:" + secret + "%zz@h/x", "password='" + secret}) {
    for (const bool as_json : {false, true}) {
      std::vector<std::string> args{"run", job, "--db", url};
      if (as_json) {
        args.emplace_back("--json");
      }
      const auto end = run_pawl(args);
      EXPECT_NE(end.exit_code, 0) << url;
      EXPECT_THAT(end.err + end.out, Not(HasSubstr(secret)));
      if (as_json) {
        EXPECT_EQ(last_json(end.out).at("type"), "error");
      }
    }
  }
}

TEST_P(ExitCode, OfACallWithAPasswordNeverShowsIt) {
  const test_database db(version());
  const job_folder folder;
  db.sql(acct_rows);
  db.sql(std::string{"CREATE ROLE keeper LOGIN SUPERUSER PASSWORD '"} + canary + "'");
  const auto file = folder.write("add_one.sql", add_one);
  const auto url = db.url_as("keeper", canary);

  for (const auto& [args, exit_code] : std::vector<std::pair<std::vector<std::string>, int>>{
           {{"run", file, "--verbose"}, 0},
           {{"run", file, "--json"}, 0},
           {{"run", file, "--restart", "--json"}, 0},
           {{"status", "--json"}, 0},
           {{"status", "add_one"}, 0},
           {{"log", "add_one"}, 0},
           {{"verify", "add_one"}, 0},
           {{"pause", "add_one"}, 6},
           {{"status", "nobody"}, 2}}) {
    const auto end = run_pawl(args, {{"DATABASE_URL", url}});
    EXPECT_EQ(end.exit_code, exit_code) << end.err;
    EXPECT_THAT(end.err + end.out, Not(HasSubstr(canary)));
  }
  EXPECT_EQ(run_pawl({"status", "--db", db.url_as("nobody_there", canary)}).exit_code, 4);
  EXPECT_EQ(db.value("SELECT opened_by FROM pawl.run WHERE generation = 1"), "keeper");
  const auto ledger = db.value(
      "SELECT (SELECT string_agg(r::text, ' ') FROM pawl.run r) || "
      "(SELECT string_agg(e::text, ' ') FROM pawl.event e)");
  EXPECT_THAT(ledger, HasSubstr("keeper"));
  EXPECT_THAT(ledger, Not(HasSubstr(canary)));
  db.sql("DROP OWNED BY keeper; DROP ROLE keeper");
}

}  // namespace
}  // namespace pawl::test
