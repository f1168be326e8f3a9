// pawl.toml seen from outside: what a run makes of it, which setting counts, what is shown.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/job_files.hpp"
#include "cli/json_lines.hpp"
#include "support/pawl_process.hpp"
#include "support/server.hpp"

namespace pawl::test {
namespace {

using testing::HasSubstr;
using testing::Not;
using environment = std::map<std::string, std::string>;

constexpr const char* canary = "canary-7f3a";
constexpr const char* nowhere = "postgresql://x@127.0.0.1:1/x";

outcome pawl_in(const job_folder& folder, std::vector<std::string> args, environment env = {}) {
  return run_pawl(call{std::move(args), std::move(env), {}, folder.path()});
}

// "value from origin" of one key.
std::string shown(const job_folder& folder, const std::string& key,
                  std::vector<std::string> args = {}, environment env = {}) {
  args.insert(args.begin(), {"config", "show", "--origin", "--json"});
  const auto end = pawl_in(folder, std::move(args), std::move(env));
  EXPECT_EQ(end.exit_code, 0) << end.err;
  const auto shown = nlohmann::json::parse(end.out);
  EXPECT_EQ(shown.at("schema"), "pawl.config/1");
  for (const auto& s : shown.at("settings")) {
    if (s.at("key") == key) {
      const auto& value = s.at("value");
      return (value.is_string() ? value.get<std::string>() : value.dump()) + " from " +
             s.at("origin").get<std::string>();
    }
  }
  return "nothing";
}

TEST(Config, TheFirstPlaceThatSaysSomethingCounts) {
  const job_folder folder;
  folder.write("pawl.toml", "[run]\njobs = 3\n\n[job.a]\njobs = 5\n");
  folder.write(".env", "PAWL_JOBS=7\n");
  folder.write("empty.env", "");

  EXPECT_EQ(shown(folder, "jobs", {"--jobs", "11"}, {{"PAWL_JOBS", "9"}}), "11 from --jobs");
  EXPECT_EQ(shown(folder, "jobs", {}, {{"PAWL_JOBS", "9"}}), "9 from PAWL_JOBS");
  EXPECT_EQ(shown(folder, "jobs"), "7 from PAWL_JOBS in .env");
  EXPECT_EQ(shown(folder, "job.a.jobs"), "7 from PAWL_JOBS in .env");
  EXPECT_EQ(shown(folder, "jobs", {"--env-file", "empty.env"}), "3 from pawl.toml:2");
  EXPECT_EQ(shown(folder, "job.a.jobs", {"--env-file", "none"}), "5 from pawl.toml:5");
  EXPECT_EQ(shown(folder, "jobs", {"--env-file", "none", "-c", "none"}), "2 from default");
}

TEST(Config, TheFileIsFoundUpwardsOrNamedOrTheUsersOwn) {
  const job_folder folder;
  folder.write("pawl.toml", "[run]\njobs = 3\n");
  folder.write("other.toml", "[run]\njobs = 4\n");
  std::filesystem::create_directories(folder.path() / "own/pawl");
  std::filesystem::create_directories(folder.path() / "repo/.git");
  std::filesystem::create_directories(folder.path() / "sub");
  folder.write("own/pawl/config.toml", "[run]\njobs = 5\n");
  const auto in = [&](const std::string& where, std::vector<std::string> args, environment env) {
    args.insert(args.begin(), {"config", "show", "--origin"});
    return run_pawl(call{std::move(args), std::move(env), {}, folder.path() / where}).out;
  };
  const environment own = {{"XDG_CONFIG_HOME", folder.path() / "own"}};

  EXPECT_THAT(in("sub", {}, own), HasSubstr("../pawl.toml:2"));
  EXPECT_THAT(in("sub", {"-c", "../other.toml"}, own), HasSubstr("../other.toml:2"));
  EXPECT_THAT(in("repo", {}, own), HasSubstr("own/pawl/config.toml:2"));
  EXPECT_THAT(in("repo", {}, {}), Not(HasSubstr("toml:2")));
}

TEST(Config, ConnectionsAreShownWithTheirOriginAndWithoutPassword) {
  const job_folder folder;
  const std::string secret = canary;
  const std::string url = "postgresql://app:" + secret + "@localhost:5433/";
  folder.write("pawl.toml", "[connection]\nurl = \"" + url + "shop\"\n[profile.s]\nurl = \"" + url +
                                "staging\"\n[profile.v]\nenv = \"V\"\n");
  const auto shown_by = [&](const std::vector<std::string>& args, const environment& env) {
    return shown(folder, "connection", args, env);
  };

  EXPECT_EQ(shown_by({}, {}), "localhost:5433/shop as app from pawl.toml:2");
  EXPECT_EQ(shown_by({}, {{"PGHOST", "elsewhere"}}), "localhost:5433/shop as app from pawl.toml:2");
  EXPECT_EQ(shown_by({}, {{"DATABASE_URL", url + "env"}}),
            "localhost:5433/env as app from DATABASE_URL");
  EXPECT_EQ(shown_by({"-e", "s"}, {{"DATABASE_URL", url + "env"}}),
            "localhost:5433/staging as app from pawl.toml:4");
  EXPECT_EQ(shown_by({}, {{"PAWL_ENV", "v"}, {"V", url + "v"}}), "localhost:5433/v as app from V");
  EXPECT_EQ(shown_by({"-d", "service=x"}, {{"PAWL_ENV", "v"}}), "service x from --db");

  for (const bool json : {true, false}) {
    const auto end = pawl_in(folder, {"config", "show", "--origin", json ? "--json" : "-v"});
    EXPECT_THAT(end.out + end.err, Not(HasSubstr(secret)));
    EXPECT_THAT(end.err, HasSubstr("warning: pawl.toml:2: the url holds a password"));
    EXPECT_EQ(end.err.find("warning:"), end.err.rfind("warning:")) << "once: " << end.err;
  }
}

TEST(Config, WhatIsNotSetIsShownAsSuch) {
  const job_folder folder;
  const auto text = pawl_in(folder, {"config", "show"}).out;

  for (const char* key : {"max-duration", "lock-timeout", "statement-timeout"}) {
    EXPECT_THAT(text, testing::ContainsRegex(std::string{key} + " +unset\n"));
  }
}

TEST(Config, NoDatabaseIsNoFaultOfShow) {
  const job_folder folder;

  EXPECT_THAT(shown(folder, "connection"), HasSubstr("none from no database is named"));
}

struct bad_config {
  std::string toml;
  std::vector<std::string> args;
  std::vector<std::string> says;
};

TEST(Config, AFaultEndsEveryCommandThatWouldConnect) {
  const job_folder folder;
  const auto job = folder.write("job.sql", add_one);
  const std::vector<bad_config> all = {
      {"[run]\njbos = 1\n", {}, {"pawl.toml:2:1: PAWL-209", "Did you mean `jobs`?"}},
      {"[run]\ntarget = \"nan\"\n", {}, {"pawl.toml:2:10: PAWL-209", "a duration from"}},
      {"[run\n", {}, {"pawl.toml:1:5: PAWL-209"}},
      {"[profile.staging]\nurl=\"service=x\"", {"-e", "stagin"}, {"Did you mean `staging`?"}},
      {"", {"-e", "staging"}, {"--env asks for profile \"staging\"", "[profile.staging]"}},
      {"", {"-c", "missing.toml"}, {"PAWL-201", "missing.toml"}},
      {"", {"-c", "."}, {"PAWL-201", "it is a folder"}},
      {"[connection]\nenv-file = \"gone\"", {}, {"PAWL-201", "pawl.toml:2 names"}},
      {"[connection]\nenv = \"UNSET\"", {}, {"PAWL-205", "UNSET of pawl.toml:2 is not set"}},
      {"[connection]\nurl = \"postgresql://a:canary-7f3a@h/x?y=1\"", {}, {"PAWL-206"}},
  };
  for (const auto& c : all) {
    SCOPED_TRACE(c.toml);
    folder.write("pawl.toml", c.toml);
    for (const std::vector<std::string>& command : {std::vector<std::string>{"run", job},
                                                    {"status"},
                                                    {"verify", "1"},
                                                    {"set", "1", "jobs=2"},
                                                    {"resume", "1"},
                                                    {"wait", "--reachable"},
                                                    {"log", "1"}}) {
      auto args = c.args;
      args.insert(args.begin(), command.begin(), command.end());
      const auto end = pawl_in(folder, args);
      EXPECT_EQ(end.exit_code, 2) << end.err;
      for (const auto& text : c.says) EXPECT_THAT(end.err, HasSubstr(text)) << command.front();
      EXPECT_THAT(end.err, Not(HasSubstr(canary)));
    }
  }
}

TEST(Config, ABadVariableOrContradictionIsRefused) {
  const job_folder folder;
  const auto job = folder.write("job.sql", add_one);
  folder.write("pawl.toml", "[job.job]\nbatch-size-min = 500\n");

  const auto variable = pawl_in(folder, {"run", job, "-d", nowhere}, {{"PAWL_LEASE", "1e9h"}});
  EXPECT_EQ(variable.exit_code, 2);
  EXPECT_THAT(variable.err, HasSubstr("PAWL_LEASE is not a duration from 1s"));
  const auto floor = pawl_in(folder, {"run", job, "-d", nowhere, "--batch-size-max", "400"});
  EXPECT_EQ(floor.exit_code, 2);
  EXPECT_THAT(floor.err, HasSubstr("batch-size-min 500 (pawl.toml:2)"));
  EXPECT_EQ(pawl_in(folder, {"config", "show", "--batch-size-max", "400"}).exit_code, 2);
}

class ConfiguredRun : public on_each_version {
 protected:
  std::string batches(const test_database& db, const std::string& job) {
    return db.value(
        "SELECT sum(batches) FROM pawl.range g JOIN pawl.run r ON r.id = g.run "
        "WHERE r.name = '" +
        job + "'");
  }
};
PAWL_ON_EACH_VERSION(ConfiguredRun);

TEST_P(ConfiguredRun, TheJobsSectionSetsItsBatchSizeAndNoOthers) {
  const test_database db(version());
  const job_folder folder;
  db.sql(acct_rows);
  folder.write("pawl.toml", "[connection]\nurl = \"" + db.url() +
                                "\"\n[run]\nbatch-size = 30000\njobs = 1\n"
                                "[job.small]\nbatch-size = 1000\n");
  folder.write("small.sql", add_one);
  folder.write("large.sql", add_one);

  EXPECT_EQ(pawl_in(folder, {"run", "small.sql"}).exit_code, 0);
  EXPECT_EQ(pawl_in(folder, {"run", "large.sql"}).exit_code, 0);

  EXPECT_EQ(batches(db, "small"), "60");
  EXPECT_EQ(batches(db, "large"), "2");
  EXPECT_EQ(db.value("SELECT string_agg(DISTINCT tunables::text, ' ') FROM pawl.run"), "{}")
      << "what a file says is not recorded as if an operator had said it";
}

TEST_P(ConfiguredRun, WhatAnOperatorHasSetGoesBeforeTheFile) {
  const test_database db(version());
  const job_folder folder;
  db.sql(acct_rows);
  db.sql("UPDATE acct SET note = CASE id WHEN 1 THEN '' ELSE 'x' END");
  folder.write("pawl.toml", "[run]\nbatch-size = 1000\njobs = 1\n");
  folder.write("job.sql", "UPDATE acct SET balance = 1 / length(note);\n");
  const environment env = {{"DATABASE_URL", db.url()}};
  const auto set = [&](std::vector<std::string> args) {
    args.insert(args.begin(), {"set", "job"});
    return pawl_in(folder, args, env).out;
  };
  EXPECT_EQ(pawl_in(folder, {"run", "job.sql"}, env).exit_code, 1) << "the first row is bad";
  EXPECT_EQ(set({"batch-size=auto"}), "jobs=default batch-size=auto target=default\n");
  EXPECT_EQ(set({"batch-size=30000"}), "jobs=default batch-size=30000 target=default\n");
  db.sql("UPDATE acct SET note = 'x' WHERE id = 1");

  EXPECT_EQ(pawl_in(folder, {"resume", "job"}, env).exit_code, 0);

  EXPECT_LT(std::stoi(batches(db, "job")), 10);
}

}  // namespace
}  // namespace pawl::test
