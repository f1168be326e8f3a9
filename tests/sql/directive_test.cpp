#include "sql/directive.hpp"

#include "reading.hpp"

namespace pawl::sql {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string update = "UPDATE t SET a = 1;\n";

TEST(Directive, BatchNamesLabelTableAndKey) {
  const job j =
      read_one("-- pawl:batch fill-a.1_x table=\"My Schema\".T key='u.Id, \"Z\"' -- why\n" +
               update + "-- just a comment");

  EXPECT_EQ(j.name, "fill-a.1_x");
  EXPECT_THAT(j.key, ElementsAre("id", "Z"));
  EXPECT_THAT(j.key_text, ElementsAre("u.Id", "\"Z\""));
}

TEST(Directive, GuardAndTimeoutTakeUnits) {
  const job j = read_one(
      "-- pawl:guard max-rows=500k\n  -- pawl:timeout lock=500ms statement=2min\n" + update);

  EXPECT_EQ(j.max_rows, 500000);
  EXPECT_EQ(j.lock_timeout, milliseconds(500));
  EXPECT_EQ(j.statement_timeout, milliseconds(120000));
}

TEST(Directive, SetTakesQuotedValuesAndFoldsTheName) {
  const job j = read_one(
      "-- pawl:set App.User_Id='it''s -- me'\n--pawl:set search_path=a,\"B c\"\n" + update);

  EXPECT_THAT(j.settings, ElementsAre(setting{"app.user_id", "it's -- me"},
                                      setting{"search_path", "a,\"B c\""}));
}

TEST(Directive, PendingKeepsTheExpressionAsWritten) {
  EXPECT_EQ(read_one("-- pawl:pending  a IS NULL /* x */ OR f(\"B\") -- why\n" + update).pending,
            "a IS NULL /* x */ OR f(\"B\")");
}

TEST(Directive, IgnoreHasNoEffect) {
  EXPECT_EQ(read_one(update + " -- pawl:ignore L50 it is small\n").canonical,
            read_one(update).canonical);
  EXPECT_EQ(read_one("-- pawl:ignore L50 because 'of\n" + update).canonical,
            read_one(update).canonical);
}

TEST(Directive, OrdinaryCommentsAreLeftAlone) {
  for (const char* comment :
       {"-- see pawl:batch", "-- pawls are nice", "-- note: pawl", "-- all: done",
        "-- TODO(x): set:1", "--", "-- url:setting", "/* pawls */", "/* see pawl:range */"}) {
    EXPECT_EQ(read_all(std::string(comment) + "\n" + update).size(), 1U) << comment;
  }
}

struct slip {
  std::string line;
  int column;
  std::string message, hint;
};
const std::vector<slip> slips = {
    {"-- pawl:bacth x", 9, "unknown directive `bacth`", "Did you mean `batch`?"},
    {"-- pawl:frobnicate", 9, "unknown directive `frobnicate`", "Known are `batch`"},
    {"-- pawl batch x", 1, "no directive", "-- pawl:batch"},
    {"-- pawl: batch x", 1, "no directive", "-- pawl:batch"},
    {"--pawl", 1, "no directive", "-- pawl:batch"},
    {"-- Pawl:batch x", 1, "in lower case", "-- pawl:batch"},
    {"-- PAWL:BATCH x", 9, "unknown directive `BATCH`", "Known are"},
    {"-- pawl:batch;", 1, "then a blank", "-- pawl:batch"},
    {"-- pwal:batch x", 1, "looks like a directive", "-- pawl:batch"},
    {"-- pawl:range", 9, "no directive", "/* pawl:range */ true"},
    {"-- pawl:rnage true", 9, "no directive", "/* pawl:range */ true"},
    {"-- pawl:tx none", 9, "`tx` is not supported by this version", ""},
    {"-- pawl:on-error stop", 9, "`on-error` is not supported", ""},
    {"-- pawl:batch a b", 17, "directive `batch` has no `b`", "`table` and `key`"},
    {"-- pawl:batch a tabel=t", 17, "has no `tabel`", "Did you mean `table`?"},
    {"-- pawl:batch a table", 17, "`table` of directive `batch` has no value", "`table=`"},
    {"-- pawl:batch a key=", 21, "a value is missing", ""},
    {"-- pawl:batch a key=x key=y", 23, "`key` is given twice", ""},
    {"-- pawl:batch a key=x,x", 17, "key column `x` is given twice", ""},
    {"-- pawl:batch a key=x,", 17, "no list of columns", ""},
    {"-- pawl:batch a table=a.b.c", 17, "no table name", ""},
    {"-- pawl:batch a table=user", 17, "no table name", "double quotes"},
    {"-- pawl:batch a table='x", 23, "not closed", ""},
    {"-- pawl:batch a table=\"x", 23, "not closed", ""},
    {"-- pawl:batch a key='x'y", 21, "not closed", ""},
    {"-- pawl:batch sp/ace", 15, "cannot be a label", ""},
    {"-- pawl:batch " + std::string(64, 'x'), 15, "cannot be a label", ""},
    {"-- pawl:batch =x", 15, "a name is missing", ""},
    {"-- pawl:verify x", 16, "has no `x`", ""},
    {"-- pawl:guard", 1, "guards nothing", "max-rows=N"},
    {"-- pawl:guard max-row=1", 15, "has no `max-row`", "Did you mean `max-rows`?"},
    {"-- pawl:guard max-rows=0", 15, "no number of rows", ""},
    {"-- pawl:guard max-rows=1x", 15, "no number of rows", ""},
    {"-- pawl:guard max-rows=99999999999999999999", 15, "no number of rows", ""},
    {"-- pawl:guard max-rows=9999999999999999k", 15, "no number of rows", ""},
    {"-- pawl:timeout", 1, "limits nothing", ""},
    {"-- pawl:timeout lock=5", 17, "no time", "500ms"},
    {"-- pawl:timeout lock=1h", 17, "no time", "500ms"},
    {"-- pawl:timeout lock=-1s", 17, "no time", "500ms"},
    {"-- pawl:timeout statement=9999999min", 17, "no time", ""},
    {"-- pawl:set a", 1, "one NAME=VALUE", ""},
    {"-- pawl:set a=1 b=2", 1, "one NAME=VALUE", ""},
    {"-- pawl:set a-b=1", 13, "no name of a setting", ""},
    {"-- pawl:set a..b=1", 13, "no name of a setting", ""},
    {"-- pawl:set lock_timeout=1", 13, "cannot be set", "-- pawl:timeout lock="},
    {"-- pawl:set STATEMENT_TIMEOUT=1", 13, "cannot be set", "-- pawl:timeout statement="},
    {"-- pawl:set row_security=off", 13, "cannot be set", ""},
    {"-- pawl:pending", 1, "has no condition", ""},
    {"-- pawl:pending a IS NUL", 22, "syntax error at or near \"NUL\"", ""},
    {"-- pawl:pending a FROM t", 17, "no single condition", ""},
    {"-- pawl:pending a, b", 17, "no single condition", ""},
    {"-- pawl:pending ALL a", 17, "syntax error", ""},
    {"-- pawl:pending a; DROP TABLE t", 18, "no single condition", ""},
    {"-- pawl:pending a) OR (b", 18, "syntax error", ""},
    {"-- pawl:pending a = $1", 21, "no single condition", ""},
    {"-- pawl:pending a = 'x", 1, "cannot be read", ""},
    {"-- pawl:pending *", 17, "no single condition", ""},
};

TEST(Directive, SlipsAreErrorsWithTheirPlaceAndWhatWasMeant) {
  for (const slip& s : slips) {
    const error e = refusal_of("\n" + s.line + "\n" + update);
    EXPECT_EQ(e.code, errc::bad_directive) << s.line;
    EXPECT_THAT(e.message, HasSubstr(s.message)) << s.line;
    EXPECT_THAT(e.hint, HasSubstr(s.hint)) << s.line;
    EXPECT_THAT(e.hint, testing::MatchesRegex(".*[.?]")) << s.line;
    EXPECT_EQ(e.where, (place{"dir/backfill.sql", 2, s.column})) << s.line;
  }
}

TEST(Directive, MustStandOnALineBeforeItsStatement) {
  expect_refused("UPDATE t SET\n-- pawl:batch x\n a = 1;",
                 {errc::bad_directive, 2, 1, "inside a statement"});
  expect_refused("UPDATE t SET a = 1\n-- pawl:batch x\n;",
                 {errc::bad_directive, 2, 1, "inside a statement"});
  expect_refused(update + update + "-- pawl:batch x",
                 {errc::bad_directive, 3, 1, "after the last statement"});
  expect_refused("UPDATE t SET a = 1\n-- pawl:batch x",
                 {errc::bad_directive, 2, 1, "after the last statement"});
  expect_refused("UPDATE t SET a = 1; -- pawl:verify\nSELECT true;",
                 {errc::bad_directive, 1, 21, "inside"});
  expect_refused("-- pawl:batch x\n", {errc::bad_directive, 1, 1, "after the last statement"});
}

TEST(Directive, SaidTwiceIsAnError) {
  for (const char* line :
       {"-- pawl:batch x\n", "-- pawl:guard max-rows=1\n", "-- pawl:timeout lock=1s\n",
        "-- pawl:set a=1\n", "-- pawl:pending a\n"}) {
    const error e = refusal_of(std::string(line) + line + update);
    EXPECT_EQ(e.code, errc::bad_directive);
    EXPECT_EQ(e.where.line, 2) << line;
    EXPECT_THAT(e.message, HasSubstr("twice"));
  }
}

}  // namespace
}  // namespace pawl::sql
