// Input that is no SQL, or more than anybody would write.
#include "lint/checking.hpp"
#include "lint/format.hpp"

namespace pawl::lint {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct bad_input {
  std::string bytes;
  std::string id;
  int line;
  int column;
  std::string says;
};

TEST(BadInput, IsToldWithLineAndColumn) {
  const std::vector<bad_input> inputs{
      {"SELECT 1;\nSELECT 'open;\n", "L96", 2, 8, "unterminated quoted string"},
      {"SELECT 1;\n  SELECT $$open;\n", "L96", 2, 10, "unterminated dollar-quoted string"},
      {"SELECT 1;\nSELECT \"open;\n", "L96", 2, 8, "unterminated quoted identifier"},
      {"SELECT 1;\n/* open", "L96", 2, 1, "unterminated"},
      {"SELECT 1;\r\nSELECT FROM WHERE;\r\n", "L96", 2, 13, "syntax error"},
      {"\xEF\xBB\xBFSELECT FROM WHERE;", "L96", 1, 13, "syntax error"},
      {"SELECT 'é', FROM t WHERE;", "L96", 1, 13, "syntax error"},
      {"SELECT '\xFF';", "L96", 1, 9, "UTF-8"},
      {std::string("SELECT 1;\n\0", 11), "L96", 2, 1, "NUL"},
      {"SELECT 1;\n\\connect other\n", "L98", 2, 1, "\\connect"},
      {"SELECT 1;\n\\i it's\n", "L98", 2, 1, "\\i"},
  };
  for (const bad_input& in : inputs) {
    const report r = check_alone(in.bytes);
    ASSERT_THAT(ids_of(r), ElementsAre(in.id)) << in.bytes;
    const finding& f = r.findings.front();
    EXPECT_EQ(f.where.line, in.line) << in.bytes;
    EXPECT_EQ(f.where.column, in.column) << in.bytes;
    EXPECT_THAT(f.says.message, HasSubstr(in.says));
    EXPECT_EQ(exit_code_of(r, severity::error), 2);
  }
}

std::string repeated(std::string_view piece, int times) {
  std::string text;
  for (int i = 0; i < times; ++i) text += piece;
  return text;
}

TEST(BadInput, IsBorneHoweverDeepItIs) {
  for (const std::string& sql :
       {"SELECT " + repeated("1+", 100'000) + "1;", "SELECT " + repeated("(", 50'000) + "1;",
        "SELECT " + repeated("NOT ", 100'000) + "true;",
        "SELECT " + repeated("(SELECT ", 5'000) + "1" + repeated(")", 5'000) + ";"}) {
    const report r = check_alone("SELECT 1;\n" + sql);
    for (const finding& f : r.findings) {
      EXPECT_EQ(f.of->id, "L96");
      EXPECT_EQ(f.where.line, 2);
    }
  }
}

TEST(BadInput, OfOneStatementLeavesTheOthersToBeChecked) {
  EXPECT_THAT(ids_of(check_alone("SELECT FROM WHERE;\nCREATE INDEX i ON t (a);")),
              ElementsAre("L96", "L20"));
  EXPECT_THAT(ids_of(check_alone("CREATE INDEX i ON t (a);\nSELECT ((1;\nSELECT 2;")),
              ElementsAre("L20", "L96"));
}

TEST(BadInput, OfMuchSeedDataIsNoError) {
  const std::string sql =
      "INSERT INTO t (a) VALUES (1)" + repeated(", (2, 'some text that makes it long')", 60'000);
  EXPECT_GT(sql.size(), 2U << 20U);
  EXPECT_THAT(ids_of(check_alone(sql + ";\nCREATE INDEX i ON t (a);")), ElementsAre("L20"));
}

TEST(NewSyntax, IsOneWarningForTheStatementAlone) {
  const report r = check_alone("SELECT * FROM t WHERE a IS JSON;\nCREATE INDEX i ON t (a);");

  EXPECT_THAT(ids_of(r), ElementsAre("L96", "L20"));
  EXPECT_EQ(r.findings.front().level, severity::warning);
  EXPECT_EQ(exit_code_of(r, severity::error), 0);
}

TEST(NewSyntax, IsUnderstoodWhereMigrationsUseIt) {
  const std::vector<std::pair<std::string, std::vector<std::string>>> known{
      {"ALTER TABLE t ALTER COLUMN g SET EXPRESSION AS (a + f(b, 1));", {"L09"}},
      {"ALTER TABLE t ADD g int GENERATED ALWAYS AS (a + 1) VIRTUAL, DROP COLUMN b;", {"L61"}},
      {"ALTER TABLE t ADD CONSTRAINT n NOT NULL a NOT VALID;", {}},
      {"ALTER TABLE t ADD CONSTRAINT n NOT NULL a;", {"L11"}},
      {"ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0) NOT ENFORCED;", {}},
      {"ALTER TABLE t ADD COLUMN b int DEFAULT 1_000, ALTER COLUMN c SET STATISTICS 0x64;", {}},
      {"CREATE TABLE f (a int REFERENCES p NOT ENFORCED);", {"L33"}},
      {"ALTER TABLE t ALTER CONSTRAINT k NO INHERIT;", {}},
      {"ALTER TABLE t ADD PRIMARY KEY (a, b WITHOUT OVERLAPS);", {"L23"}},
      {"ALTER TABLE t ADD FOREIGN KEY (a, PERIOD b) REFERENCES p (a, PERIOD b);", {"L13"}},
  };
  for (const auto& [sql, ids] : known) {
    const report r = check_alone(sql);
    EXPECT_EQ(ids_of(r), ids) << sql;
  }
}

TEST(Statements, AreNotCutInsideOfBodies) {
  EXPECT_THAT(
      ids_of(check_alone("CREATE FUNCTION f() RETURNS int BEGIN ATOMIC\n SELECT CASE WHEN a "
                         "THEN 1 END FROM t;\n SELECT 2;\nEND;\nCREATE INDEX i ON t (a);")),
      ElementsAre("L20"));
}

TEST(Since, OnlyLearnsFromWhatIsBefore) {
  std::vector<input> files{
      {"a.sql", "1", "CREATE TABLE t (v varchar(9)); DROP TABLE u;", false, true},
      {"b.sql", "2", "ALTER TABLE t ALTER v TYPE varchar(20);", false, false}};
  question_list unasked;
  const report r = check(files, {}, {}, unasked);

  EXPECT_THAT(ids_of(r), IsEmpty());
  EXPECT_EQ(r.files, 1U);
  EXPECT_EQ(r.skipped, 1U);
}

TEST(Job, IsNotToldThatItsChangeIsBatched) {
  std::vector<input> files{{"jobs/a.sql", "", "UPDATE t SET a = 1;", true, false}};
  question_list unasked;

  EXPECT_THAT(ids_of(check(files, {}, {}, unasked)), IsEmpty());
}

TEST(Job, IsReadAsRunReadsIt) {
  std::vector<input> files{{"jobs/a.sql", "", "-- pawl:bach x\nUPDATE t SET a = 1;", true, false}};
  question_list unasked;
  const report r = check(files, {}, {}, unasked);

  ASSERT_THAT(ids_of(r), ElementsAre("L96"));
  EXPECT_THAT(r.findings.front().says.message, HasSubstr("bach"));
}

// A word of newer syntax somewhere in the statement excuses no slip elsewhere.
TEST(Input, WithASlipIsUnreadableWhateverElseItHolds) {
  for (const std::string sql :
       {"SELECT json_value(a, 'x') FROM WHERE t;", "UPDATE t SET enforced = 1 WHERE WHERE;",
        "SELECT a AS json_object FROM t WHERE ORDER;"}) {
    const report r = check_alone(sql);
    ASSERT_NE(find(r, "L96"), nullptr) << sql;
    EXPECT_TRUE(find(r, "L96")->unreadable) << sql;
  }
  for (const std::string sql :
       {"SELECT JSON_VALUE(a, '$.x' RETURNING int) FROM t;", "SELECT * FROM t WHERE a IS JSON;",
        "SELECT * FROM JSON_TABLE(a, '$' COLUMNS (x int PATH '$.x')) AS j;"}) {
    const report r = check_alone(sql);
    ASSERT_NE(find(r, "L96"), nullptr) << sql;
    EXPECT_FALSE(find(r, "L96")->unreadable) << sql;
  }
}

TEST(Input, ThatIsNotClosedIsQuotedInAShortLine) {
  const report r = check_alone("SELECT 'x\n" + std::string(10'000, 'y'));

  ASSERT_NE(find(r, "L96"), nullptr);
  const std::string& message = find(r, "L96")->says.message;
  EXPECT_THAT(message, testing::StartsWith("unterminated quoted string"));
  EXPECT_LT(message.size(), 100U);
  EXPECT_EQ(message.find('\n'), std::string::npos);
}

}  // namespace
}  // namespace pawl::lint
