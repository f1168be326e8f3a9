#include "lint/checking.hpp"

namespace pawl::lint {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> ids(const std::string& sql) {
  return ids_of(check_alone(sql));
}

TEST(Ignore, BindsToTheNextStatement) {
  EXPECT_THAT(ids("-- pawl:ignore L20 small table\nCREATE INDEX i ON t (a);"), IsEmpty());
  EXPECT_THAT(ids("/* pawl:ignore L20 small table */ CREATE INDEX i ON t (a);"), IsEmpty());
}

TEST(Ignore, BindsToTheStatementThatEndsOnItsLine) {
  EXPECT_THAT(ids("CREATE INDEX i\n  ON t (a); -- pawl:ignore L20 small table\nSELECT 1;"),
              IsEmpty());
  EXPECT_THAT(ids("CREATE INDEX i ON t (a) -- pawl:ignore L20 small table"), IsEmpty());
}

TEST(Ignore, BindsToTheStatementThatItStandsIn) {
  EXPECT_THAT(ids("CREATE INDEX i\n  -- pawl:ignore L20 small table\n  ON t (a);"), IsEmpty());
}

TEST(Ignore, LeavesOtherStatementsAlone) {
  EXPECT_THAT(ids("-- pawl:ignore L20 small\nCREATE INDEX i ON t (a);\nCREATE INDEX j ON t (b);"),
              ElementsAre("L20"));
}

TEST(Ignore, TakesSeveralRules) {
  EXPECT_THAT(ids("-- pawl:ignore L70, L02 the table is empty\n"
                  "ALTER TABLE t ADD a serial, ADD b int NOT NULL;"),
              IsEmpty());
}

TEST(Ignore, IsAnErrorWithoutARule) {
  const report r = check_alone("-- pawl:ignore\nCREATE INDEX i ON t (a);");

  EXPECT_THAT(ids_of(r), ElementsAre("L97", "L20"));
  EXPECT_EQ(r.findings.front().level, severity::error);
}

TEST(Ignore, IsAnErrorWithoutAReason) {
  EXPECT_THAT(ids("-- pawl:ignore L20\nCREATE INDEX i ON t (a);"), ElementsAre("L97", "L20"));
}

TEST(Ignore, IsAnErrorWithAnUnknownRule) {
  const report r = check_alone("-- pawl:ignore L2O for a reason\nCREATE INDEX i ON t (a);");

  EXPECT_THAT(ids_of(r), ElementsAre("L97", "L20"));
  EXPECT_THAT(ids("-- pawl:ignore L99 for a reason\nSELECT 1;"), ElementsAre("L97"));
}

TEST(Ignore, IsAnErrorWhenNothingNeedsIt) {
  const report r = check_alone("-- pawl:ignore L20 for a reason\nSELECT 1;");

  EXPECT_THAT(ids_of(r), ElementsAre("L97"));
  EXPECT_THAT(r.findings.front().says.message, HasSubstr("L20"));
  EXPECT_EQ(r.findings.front().where.line, 1);
}

TEST(Ignore, OfADatabaseRuleIsNotMissedWithoutADatabase) {
  EXPECT_THAT(ids("-- pawl:ignore L73 they are mended by hand\nSELECT 1;"), IsEmpty());
}

TEST(Ignore, OfARuleThatIsOffIsNotMissed) {
  options chosen;
  chosen.severities["L20"] = severity::off;
  EXPECT_THAT(ids_of(check_alone("-- pawl:ignore L20 small\nCREATE INDEX i ON t (a);", chosen)),
              IsEmpty());
}

TEST(Ignore, CannotIgnoreItself) {
  EXPECT_THAT(ids("-- pawl:ignore L97 never\nSELECT 1;"), ElementsAre("L97"));
}

TEST(Ignore, AcceptsAStatementThatCannotBeAnalysed) {
  EXPECT_THAT(ids("-- pawl:ignore L96 PostgreSQL 19\nSELECT BRAND NEW THING;"), IsEmpty());
}

}  // namespace
}  // namespace pawl::lint
