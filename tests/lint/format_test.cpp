#include "lint/format.hpp"

#include <nlohmann/json.hpp>

#include "lint/checking.hpp"

namespace pawl::lint {
namespace {

using testing::HasSubstr;

const char* const two = "CREATE INDEX i ON t (a);\nALTER TABLE t ADD b int NOT NULL;";

TEST(Format, TextOfNothingIsOneLine) {
  const report r = check_alone("SELECT 1;");

  EXPECT_EQ(render(r, format::text, detail::usual),
            "1 file, nothing to report; 1 file before that\n");
}

TEST(Format, TextSaysWhoWaitsAndTheSafeForm) {
  EXPECT_EQ(
      render(check_alone(two), format::text, detail::usual),
      "m/2_b/migration.sql:1:1: rewritten L20 index-concurrently: CREATE INDEX i on t blocks "
      "writes until it is built\n"
      "    lock  SHARE on t while the index is built: INSERT, UPDATE and DELETE wait\n"
      "    safe  CREATE INDEX CONCURRENTLY in a step of its own, checked for validity (P2)\n"
      "m/2_b/migration.sql:2:15: error L70 required-column: column b of t is NOT NULL without a "
      "default: this fails as soon as the table has a row\n"
      "    safe  add it without NOT NULL, fill it by a job, then SET NOT NULL (P1, P8, P4)\n"
      "1 file: 1 error, 1 rewritten; 1 file before that\n");
}

TEST(Format, TextOfLessDetailLeavesOutWhatIsRewritten) {
  const std::string quiet = render(check_alone(two), format::text, detail::quiet);

  EXPECT_THAT(quiet, testing::Not(HasSubstr("L20")));
  EXPECT_THAT(quiet, HasSubstr("L70"));
}

TEST(Format, TextShowsRemarksOnlyInFullDetail) {
  const report r = check_alone("ALTER TABLE t ALTER a DROP NOT NULL;");

  EXPECT_EQ(render(r, format::text, detail::usual),
            "1 file, nothing to report (1 remark with -v); 1 file before that\n");
  EXPECT_THAT(render(r, format::text, detail::full), HasSubstr("info L84"));
}

TEST(Format, JsonHoldsEverything) {
  const auto j = nlohmann::json::parse(render(check_alone(two), format::json, detail::quiet));

  EXPECT_EQ(j.at("schema"), "pawl.check/1");
  EXPECT_EQ(j.at("files"), 1);
  EXPECT_EQ(j.at("counts").at("error"), 1);
  ASSERT_EQ(j.at("findings").size(), 2U);
  const auto& f = j.at("findings").at(0);
  EXPECT_EQ(f.at("rule"), "L20");
  EXPECT_EQ(f.at("severity"), "rewritten");
  EXPECT_EQ(f.at("file"), "m/2_b/migration.sql");
  EXPECT_EQ(f.at("line"), 1);
  EXPECT_EQ(f.at("column"), 1);
  EXPECT_THAT(f.at("lock").get<std::string>(), HasSubstr("SHARE"));
}

TEST(Format, GithubEscapesWhatEndsACommand) {
  report r = check_alone("SELECT 1;");
  r.findings.push_back({find_rule("L61"),
                        severity::warning,
                        {"a,b:c.sql", 3, 4},
                        {"50% of\nit", "who", "how"},
                        false});

  EXPECT_EQ(render(r, format::github, detail::usual),
            "::warning file=a%2Cb%3Ac.sql,line=3,col=4,title=L61 drop-column::50%25 "
            "of%0Ait%0Alock: who%0Asafe: how\n"
            "1 file: 1 warning; 1 file before that\n");
}

TEST(Format, GitlabHasOneFingerprintForEachFinding) {
  const auto j = nlohmann::json::parse(render(check_alone(two), format::gitlab, detail::usual));
  const auto moved = nlohmann::json::parse(
      render(check_alone(std::string("\n\n") + two), format::gitlab, detail::usual));

  ASSERT_EQ(j.size(), 2U);
  EXPECT_EQ(j[0].at("severity"), "minor");
  EXPECT_EQ(j[1].at("severity"), "critical");
  EXPECT_EQ(j[1].at("location").at("lines").at("begin"), 2);
  EXPECT_NE(j[0].at("fingerprint"), j[1].at("fingerprint"));
  EXPECT_EQ(j[0].at("fingerprint"), moved[0].at("fingerprint"));
}

TEST(Format, GccIsALineForEach) {
  EXPECT_EQ(render(check_alone(two), format::gcc, detail::usual),
            "m/2_b/migration.sql:1:1: note: CREATE INDEX i on t blocks writes until it is built "
            "[L20]\n"
            "m/2_b/migration.sql:2:15: error: column b of t is NOT NULL without a default: this "
            "fails as soon as the table has a row [L70]\n");
}

TEST(ExitCode, FollowsTheWorstFinding) {
  EXPECT_EQ(exit_code_of(check_alone("SELECT 1;"), severity::warning), 0);
  EXPECT_EQ(exit_code_of(check_alone("CREATE INDEX i ON t (a);"), severity::warning), 0)
      << "what is rewritten never fails";
  EXPECT_EQ(exit_code_of(check_alone("DROP TABLE t;"), severity::error), 0);
  EXPECT_EQ(exit_code_of(check_alone("DROP TABLE t;"), severity::warning), 6);
  EXPECT_EQ(exit_code_of(check_alone(two), severity::error), 6);
  EXPECT_EQ(exit_code_of(check_alone("SELEC;"), severity::error), 2);
}

TEST(Format, KeepsAFindingOnItsLine) {
  const report r = check_alone("DROP TABLE \"a\nb\";");

  for (const format how : {format::text, format::gcc}) {
    EXPECT_EQ(render(r, how, detail::usual).find("a\nb"), std::string::npos);
  }
}

}  // namespace
}  // namespace pawl::lint
