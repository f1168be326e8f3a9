// Calls that cannot be read, and help: what the user is told before any database is touched.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "cli/job_files.hpp"
#include "cli/json_lines.hpp"
#include "cli/odd_streams.hpp"
#include "support/pawl_process.hpp"

namespace pawl::test {
namespace {

using testing::HasSubstr;
using testing::Not;
using words = std::vector<std::string>;

constexpr const char* canary = "canary-7f3a";
constexpr const char* nowhere = "postgresql://x@127.0.0.1:1/x";

void expect_secret_kept(const outcome& end) {
  EXPECT_EQ(end.exit_code, 2) << end.err;
  EXPECT_THAT(end.err, HasSubstr("PAWL-2"));
  EXPECT_THAT(end.err + end.out, Not(HasSubstr(canary)));
}

TEST(UsageError, NeverShowsAPasswordThatStandsInTheWrongPlace) {
  const job_folder folder;
  const auto job = folder.write("ok.sql", add_one);
  for (const std::string& secret :
       {std::string{"postgresql://u:"} + canary + "@127.0.0.1:1/d",
        std::string{"host=127.0.0.1 port=1 password="} + canary,
        std::string{"host=127.0.0.1 port=1 password='a "} + canary + "'"}) {
    for (const words& args : {words{"run", job, "--bd", secret},
                              {"run", job, "--bd=" + secret},
                              {"run", secret},
                              {"plan", secret + ".sql"},
                              {"plan", job, "--sample", secret},
                              {"run", job, "--jobs", secret},
                              {"run", job, "--env-file", secret},
                              {"status", "--dbb=" + secret},
                              {"status", "extra", secret},
                              {"status", "-x" + secret},
                              {"status", "-e", secret},
                              {"status", "-c", secret},
                              {"status", "--db-env", secret},
                              {"set", "1", secret},
                              {"check", secret},
                              {"wait", "1", "--timeout", secret},
                              {"sandbox", secret},
                              {"--color", secret, "status"},
                              {secret}}) {
      SCOPED_TRACE(testing::PrintToString(args));
      expect_secret_kept(run_pawl(args));
      auto as_json = args;
      as_json.insert(as_json.begin(), "--json");
      const auto end = run_pawl(as_json);
      expect_secret_kept(end);
      EXPECT_EQ(last_json(end.out).at("schema"), "pawl.error/1");
    }
  }
}

TEST(UsageError, IsOneDocumentWithJsonWhereverThatStands) {
  for (const words& args : {words{"--json", "stauts"},
                            {"stauts", "--json"},
                            {"run", "x.sql", "--jbos", "4", "--json"},
                            {"run", "x.sql", "--json", "--jbos", "4"},
                            {"run", "x.sql", "--jobs", "0", "--json"},
                            {"status", "a", "b", "--json"},
                            {"run", "--json"},
                            {"--json"}}) {
    SCOPED_TRACE(testing::PrintToString(args));
    const auto end = run_pawl(args);
    EXPECT_EQ(end.exit_code, 2) << end.err;
    const auto documents = json_lines(end.out);
    ASSERT_EQ(documents.size(), 1U) << end.out;
    EXPECT_EQ(documents.front().at("type"), "error");
    EXPECT_EQ(documents.front().at("schema"), "pawl.error/1");
    EXPECT_EQ(documents.front().at("code"), "PAWL-200");
    EXPECT_EQ(documents.front().at("exit"), 2);
    EXPECT_NE(documents.front().at("message"), "");
    EXPECT_NE(documents.front().at("hint"), "");
  }
  EXPECT_EQ(run_pawl({"stauts"}).out, "");
}

struct slip {
  words args;
  std::string says;
};

TEST(UsageError, NamesTheWordThatWasMeant) {
  const std::vector<slip> slips = {
      {{"stauts"}, "Did you mean `pawl status`?"},
      {{"--json", "stauts"}, "Did you mean `pawl status`?"},
      {{"-d", nowhere, "stauts", "x"}, "Did you mean `pawl status`?"},
      {{"stauts", "--help"}, "Did you mean `pawl status`?"},
      {{"rnu", "x.sql"}, "Did you mean `pawl run`?"},
      {{"sandbox", "pu"}, "Did you mean `pawl sandbox up`?"},
      {{"config", "shwo"}, "Did you mean `pawl config show`?"},
      {{"run", "x.sql", "--jbos", "4"}, "Did you mean `--jobs`?"},
      {{"run", "--jbos", "4", "x.sql"}, "Did you mean `--jobs`?"},
      {{"run", "x.sql", "--bd", nowhere}, "Did you mean `--db`?"},
      {{"run", "--bd"}, "Did you mean `--db`?"},
      {{"status", "--jsn"}, "Did you mean `--json`?"},
      {{"frobnicate"}, "`pawl --help` lists the commands."},
      {{"sandbox"}, "`pawl sandbox --help` lists the commands."},
      {{"run", "x.sql", "--frobnicate"}, "`pawl run --help` shows what it takes."},
      {{"run", "x.sql", "---"}, "there is no option \"---\""},
      {{"status", "--jobs", "4"}, "there is no option \"--jobs\""},
      {{"status", "1", "2"}, "unexpected argument \"2\""},
      {{"run"}, "FILE is required"},
      {{"--json"}, "which command?"}};

  for (const auto& s : slips) {
    SCOPED_TRACE(testing::PrintToString(s.args));
    const auto end = run_pawl(s.args);
    EXPECT_EQ(end.exit_code, 2) << end.out;
    EXPECT_THAT(end.err, HasSubstr("PAWL-200"));
    EXPECT_THAT(end.err, HasSubstr(s.says));
  }
}

TEST(UsageError, ListsTheWordsOfAChoice) {
  const std::vector<slip> slips = {
      {{"--color", "blue", "status"}, "--color: \"blue\" is none of always, auto, never"},
      {{"--progress", "foo", "status"}, "--progress: \"foo\" is none of auto, bar, none, plain"},
      {{"check", "--format", "xml"}, "\"xml\" is none of gcc, github, gitlab, json, text"},
      {{"check", "--fail-on", "never"}, "--fail-on: \"never\" is none of error, warning"}};

  for (const auto& s : slips) {
    SCOPED_TRACE(testing::PrintToString(s.args));
    const auto end = run_pawl(s.args);
    EXPECT_EQ(end.exit_code, 2) << end.out;
    EXPECT_THAT(end.err, HasSubstr(s.says));
  }
  EXPECT_EQ(run_pawl({"--color", "NEVER", "--progress", "Plain", "version"}).exit_code, 0);
}

std::size_t widest_line(const std::string& text) {
  std::istringstream in{text};
  std::size_t widest = 0;
  for (std::string line; std::getline(in, line);) {
    widest = std::max(widest, line.size());
  }
  return widest;
}

TEST(Help, ShowsTheGlobalOptionsThatApplyWithinEightyColumns) {
  struct command_help {
    words command;
    words shows;
    words hides;
  };
  const words connection = {"--db ", "--db-env", "--env-file", "--config", "--json"};
  const std::vector<command_help> all = {
      {{"run"}, {"--db ", "--json", "--progress", "--color", "--no-input", "--confirm"}, {}},
      {{"resume"}, {"--db ", "--json", "--progress", "--quiet"}, {"--no-input"}},
      {{"status"}, connection, {"--progress", "--color", "--quiet"}},
      {{"set"}, connection, {"--progress"}},
      {{"check"}, {"--db ", "--json", "--quiet", "--verbose"}, {"--progress"}},
      {{"config", "show"}, connection, {"--progress"}},
      {{"sandbox", "up"}, {"--json", "--quiet"}, {"--db ", "--progress"}},
      {{"version"}, {"--json"}, {"--db ", "--progress"}}};

  for (const auto& h : all) {
    SCOPED_TRACE(testing::PrintToString(h.command));
    auto args = h.command;
    args.emplace_back("--help");
    const auto end = run_pawl(args);
    EXPECT_EQ(end.exit_code, 0) << end.err;
    EXPECT_LE(widest_line(end.out), 80U) << end.out;
    const auto section = end.out.find("\nGlobal options:\n");
    ASSERT_NE(section, std::string::npos) << end.out;
    for (const auto& option : h.shows) EXPECT_THAT(end.out, HasSubstr(option));
    for (const auto& option : h.hides) EXPECT_THAT(end.out, Not(HasSubstr(option)));
    EXPECT_LT(end.out.find("--help"), section);
    EXPECT_GT(end.out.find("--json"), section);
  }
  const auto whole = run_pawl({"--help"}).out;
  EXPECT_LE(widest_line(whole), 80U) << whole;
  EXPECT_THAT(whole, HasSubstr("--progress HOW"));
}

TEST(UsageError, ShowsAPortThatCannotBe) {
  for (const std::string db : {"postgresql://x@127.0.0.1:99999/x", "host=127.0.0.1 port=99999"}) {
    const auto end = run_pawl({"status", "--db", db});
    EXPECT_NE(end.exit_code, 0);
    EXPECT_THAT(end.err, HasSubstr("99999"));
  }
}

TEST(UsageError, OfAJobNamedLikeTheNumberOfARunSaysHowToNameIt) {
  const job_folder folder;
  const auto number = folder.write("12.sql", add_one);
  const auto label = folder.write("fill.sql", std::string{"-- pawl:batch 7\n"} + add_one);

  for (const auto& file : {number, label}) {
    for (const std::string command : {"run", "plan"}) {
      const auto end = run_pawl({command, file, "--db", nowhere});
      EXPECT_EQ(end.exit_code, 2) << end.err;
      EXPECT_THAT(end.err, HasSubstr("PAWL-200"));
      EXPECT_THAT(end.err, HasSubstr("-- pawl:batch job_"));
    }
  }
  folder.write("12.sql", std::string{"-- pawl:batch fill_12\n"} + add_one);
  EXPECT_EQ(run_pawl({"run", number, "--db", nowhere}).exit_code, 4) << "it is asked to connect";
}

TEST(Output, ThatIsLostIsAFailure) {
  EXPECT_EQ(run_into("/dev/full", {"version"}), 1);
  EXPECT_EQ(run_into("/dev/full", {"--help"}), 1);
  EXPECT_EQ(run_into("/dev/full", {"--json", "stauts"}), 2) << "what failed before goes first";
  EXPECT_EQ(run_into("/dev/null", {"version"}), 0);
}

}  // namespace
}  // namespace pawl::test
