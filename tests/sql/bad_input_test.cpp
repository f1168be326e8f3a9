// Files that are no job files, or were made to break the reader: each is refused with its place.
#include "reading.hpp"

namespace pawl::sql {
namespace {

std::string repeated(std::string_view piece, int times) {
  std::string text;
  text.reserve(piece.size() * static_cast<std::size_t>(times));
  for (int i = 0; i < times; ++i) text += piece;
  return text;
}

struct bad_text {
  std::string sql;
  refusal expected;
  std::string hint;
};

void expect_all_refused(const std::vector<bad_text>& all) {
  for (const bad_text& bad : all) {
    SCOPED_TRACE(bad.sql.substr(0, 60));
    expect_refused(bad.sql, bad.expected);
    EXPECT_THAT(refusal_of(bad.sql).hint, testing::HasSubstr(bad.hint));
  }
}

constexpr errc syntax = errc::sql_syntax;

TEST(BadInput, LongExpressionsAreRefusedWhereTheirStatementBegins) {
  const std::string set = "DELETE FROM t;\n  UPDATE t SET a = ";
  const refusal deep{syntax, 2, 3, "nested too deeply"};
  expect_all_refused({
      {set + repeated("1+", 100'000) + "1", deep, "Split it"},
      {set + repeated("1||", 100'000) + "1 WHERE b", deep, "Split it"},
  });
}

TEST(BadInput, DeepExpressionsAreRefusedWhereTheyAreTooDeep) {
  const std::string set = "DELETE FROM t;\nUPDATE t SET a = ";
  for (const auto& [opening, closing] :
       std::vector<std::pair<std::string, std::string>>{{"(", ")"},
                                                        {"f(", ")"},
                                                        {"CASE WHEN b THEN ", " END"},
                                                        {"- ", ""},
                                                        {"NOT ", ""},
                                                        {"ARRAY[", "]"},
                                                        {"(SELECT ", ")"}}) {
    for (const int times : {10'000, 40'000}) {
      const error e = refusal_of(set + repeated(opening, times) + "1" + repeated(closing, times));
      EXPECT_EQ(e.code, syntax) << opening << to_string(e);
      EXPECT_THAT(e.message, testing::HasSubstr("nested too deeply")) << opening;
      EXPECT_EQ(e.where.line, 2) << opening;
      EXPECT_THAT(e.hint, testing::HasSubstr("Split it"));
    }
  }
}

TEST(BadInput, AThousandParenthesesAreRead) {
  const job j = read_one("UPDATE t SET a = " + repeated("(", 1'000) + "1" + repeated(")", 1'000));

  EXPECT_EQ(j.what.assignments.size(), 1U);
}

TEST(BadInput, ParenthesesThatDoNotMatchAreRefused) {
  expect_all_refused({
      {"UPDATE t SET a = " + repeated("(", 1'000) + "1", {syntax, 1, 1'019, "end of input"}, ""},
      {"UPDATE t SET a = 1" + repeated(")", 100'000), {syntax, 1, 19, "syntax error"}, ""},
  });
}

TEST(BadInput, BytesThatAreNoTextAreRefused) {
  const std::string save = "Save the file as UTF-8 text.";
  expect_all_refused({
      {"DELETE FROM t;\r\n\xFF", {syntax, 2, 1, "byte 0xff is no UTF-8"}, save},
      {"\xFF\xFE"
       "D\0E\0",
       {syntax, 1, 1, "byte 0xff is no UTF-8"},
       save},
      {"DELETE FROM t -- \xC3(", {syntax, 1, 18, "byte 0xc3 is no UTF-8"}, save},
      {std::string("DELETE\0FROM t", 13), {syntax, 1, 7, "NUL"}, save},
      {std::string("DELETE FROM t;\n-- \0", 19), {syntax, 2, 4, "NUL"}, save},
      {std::string(1, '\0'), {syntax, 1, 1, "NUL"}, save},
  });
}

TEST(BadInput, MarksAndLineEndsOfOtherSystemsAreRead) {
  const job j = read_one(
      "\xEF\xBB\xBF-- pawl:batch x\r\n-- pawl:guard max-rows=5\r\n\r\nUPDATE t\r\n  SET a = "
      "'x\r\ny';\r\n");

  EXPECT_EQ(j.name, "x");
  EXPECT_EQ(j.max_rows, 5);
  EXPECT_EQ(text(j, j.what.assignments.at(0).expression), "'x\r\ny'");
  expect_refused("\xEF\xBB\xBF\r\nUPDATE t\r\n SET a == 1", {syntax, 3, 8, "syntax error"});
}

TEST(BadInput, CommandsOfPsqlAreNamed) {
  const std::string remove = "Delete the line";
  expect_all_refused({
      {"\\i x\nDELETE FROM t", {syntax, 1, 1, "`\\i` is a command of psql"}, remove},
      {"\\connect shop\nDELETE FROM t", {syntax, 1, 1, "`\\connect` is a command"}, remove},
      {"DELETE FROM t;\n  \\copy t from 'x'", {syntax, 2, 3, "`\\copy` is a command"}, remove},
      {"DELETE FROM t;\n\\echo it's", {syntax, 2, 1, "`\\echo` is a command"}, remove},
      {"DELETE FROM t \\gexec", {syntax, 1, 15, "`\\gexec` is a command"}, remove},
      {"\\", {syntax, 1, 1, "`\\` is a command of psql"}, remove},
  });
}

TEST(BadInput, VariablesOfPsqlAreNamed) {
  expect_all_refused({
      {"UPDATE t SET a = :x", {syntax, 1, 18, "syntax error"}, "`:x` is a variable of psql"},
      {"UPDATE t\n SET a = :'x y'", {syntax, 2, 10, "syntax error"}, "`:'x y'` is a variable"},
      {"DELETE FROM :\"tab\"", {syntax, 1, 13, "syntax error"}, "`:\"tab\"` is a variable"},
      {"DELETE FROM t WHERE :{?x}", {syntax, 1, 21, "syntax error"}, "`:{?x}` is a variable"},
      {"UPDATE t SET a = : 1", {syntax, 1, 18, "syntax error"}, "Correct it"},
  });
  EXPECT_EQ(read_all("UPDATE t SET a = b::text, c = d[1:n]").size(), 1U);
}

TEST(BadInput, WhatIsNotTerminatedIsRefusedWhereItBegins) {
  const std::string set = "UPDATE t SET a = 1;\nUPDATE t SET a = ";
  expect_all_refused({
      {set + "'x; DELETE FROM u;", {syntax, 2, 18, "unterminated quoted string"}, ""},
      {set + "E'x\\'; DELETE FROM u;", {syntax, 2, 18, "unterminated quoted string"}, ""},
      {set + "$q$ $$ '", {syntax, 2, 18, "unterminated dollar-quoted"}, ""},
      {set + "\"x", {syntax, 2, 18, "unterminated quoted identifier"}, ""},
      {set + "B'1", {syntax, 2, 18, "unterminated bit string"}, ""},
      {set + "X'1", {syntax, 2, 18, "unterminated hexadecimal"}, ""},
      {set + "/* /* */", {syntax, 2, 18, "unterminated /* comment"}, ""},
      {set + repeated("/*", 64), {syntax, 2, 18, "unterminated /* comment"}, ""},
      {set + repeated("/*", 1'000'000), {syntax, 2, 146, "more than 64 comments"}, "blanks"},
      {set + "U&'\\00'", {syntax, 2, 21, "invalid Unicode escape"}, "Correct it"},
  });
}

TEST(BadInput, FilesWithoutAStatementAreRefused) {
  const refusal none{errc::not_a_job, 1, 1, "no statement"};
  for (const std::string& sql :
       {std::string(), std::string("\n\r\n\t "), std::string("\xEF\xBB\xBF"),
        std::string("-- only words\n/* and /* more */ */"), repeated(";", 100'000),
        repeated("-- x\n", 100'000)}) {
    expect_refused(sql, none);
  }
}

TEST(BadInput, ManyStatementsCommentsAndDirectivesAreBounded) {
  expect_refused(repeated("DELETE FROM t;\n", 5'000),
                 {errc::not_a_job, 257, 1, "more than 256 jobs"});
  expect_refused(repeated("-- pawl:set a=1\n", 50'000) + "DELETE FROM t",
                 {errc::bad_directive, 2, 13, "`a` is set twice"});
  EXPECT_EQ(read_all(repeated("/* x */ -- y\n", 50'000) + "DELETE FROM t").size(), 1U);
}

}  // namespace
}  // namespace pawl::sql
