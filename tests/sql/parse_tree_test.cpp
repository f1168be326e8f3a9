#include "sql/parse_tree.hpp"

#include "reading.hpp"

namespace pawl::sql {
namespace {

std::string repeated(std::string_view piece, int times) {
  std::string text;
  for (int i = 0; i < times; ++i) text += piece;
  return text;
}

TEST(ParseTree, AHundredThousandTermsAreAnErrorAndNoCrash) {
  const error e = refusal_of("UPDATE t SET a = " + repeated("1+", 100000) + "1");

  EXPECT_EQ(e.code, errc::sql_syntax);
  EXPECT_THAT(e.message, testing::HasSubstr("nested too deeply"));
}

TEST(ParseTree, AMegabyteOfTermsIsAnErrorAndNoCrash) {
  EXPECT_EQ(refusal_of("UPDATE t SET a = " + repeated("1+", 520000) + "1").code, errc::sql_syntax);
  EXPECT_EQ(refusal_of("UPDATE t SET a = " + repeated("(", 300000)).code, errc::sql_syntax);
  EXPECT_EQ(refusal_of("DELETE FROM t WHERE " + repeated("NOT ", 200000) + "a").code,
            errc::sql_syntax);
  EXPECT_EQ(refusal_of("UPDATE t SET a = b" + repeated("::x", 300000)).code, errc::sql_syntax);
}

TEST(ParseTree, AStatementOverAMegabyteIsAnError) {
  EXPECT_THAT(refusal_of("UPDATE t SET a = '" + repeated("x", 1 << 20) + "'").message,
              testing::HasSubstr("longer than 1 MB"));
}

TEST(ParseTree, ManyTermsAndATenThousandWideListAreRead) {
  const job j = read_one("UPDATE t SET a = " + repeated("b||", 9000) + "b WHERE a NOT IN (" +
                         repeated("1,", 10000) + "2) AND (c" + repeated(" OR c", 5000) + ")");

  EXPECT_EQ(j.what.assignments.size(), 1U);
}

TEST(ParseTree, ErrorsNameTheirPlaceInTheFile) {
  expect_refused("UPDATE t SET a = 1;\n-- \xC3\xA9\nUPDATE \"\xC3\xA9\" SET a b",
                 {errc::sql_syntax, 3, 18, "syntax error at or near \"b\""});
  expect_refused("UPDATE t SET\r\n a = ;",
                 {errc::sql_syntax, 2, 5, "syntax error at end of input"});
}

TEST(ParseTree, CommentsWhereTheParserLooksAheadAreNoErrors) {
  const job j = read_one(
      "UPDATE t SET a = 'x' -- \xC3\xA9\n'y', b = U&'z' /* c */ UESCAPE /* d */ '!'\n"
      "WHERE c NOT /* in */ IN (1) AND d IS NULL");

  ASSERT_EQ(j.what.assignments.size(), 2U);
  EXPECT_EQ(text(j, j.what.assignments[0].expression), "'x' -- \xC3\xA9\n'y'");
  expect_refused("UPDATE t SET a = /* \xC3\xA9\xC3\xA9 */ \"\xC3\xA9\" b",
                 {errc::sql_syntax, 1, 31, "syntax error at or near \"b\""});
}

TEST(ParseTree, SameExpressionIgnoresSpacesCommentsAndParentheses) {
  const auto tree = [](const std::string& sql) {
    const source in{"f", sql};
    auto parsed = parse_statement(in, {0, in.text.size()});
    EXPECT_TRUE(parsed.has_value()) << sql;
    return parsed ? std::move(parsed->statement) : node();
  };

  EXPECT_TRUE(
      same_expression(tree("SELECT upper(a)||'x'"), tree("SELECT (upper( a )/* b */ || 'x')")));
  EXPECT_FALSE(same_expression(tree("SELECT upper(a)||'x'"), tree("SELECT upper(a)||'X'")));
  EXPECT_FALSE(same_expression(tree("SELECT 1.0"), tree("SELECT 1.00")));
  EXPECT_FALSE(same_expression(tree("SELECT f(a)"), tree("SELECT f(a, b)")));
  EXPECT_FALSE(same_expression(tree("SELECT a"), tree("SELECT \"A\"")));
  EXPECT_FALSE(same_expression(tree("SELECT true"), tree("SELECT false")));
  EXPECT_FALSE(same_expression(tree("SELECT 0"), tree("SELECT 1")));
  EXPECT_FALSE(same_expression(tree("SELECT t.a"), tree("SELECT a")));
  EXPECT_TRUE(same_expression(tree("SELECT f(x.a, b)"), tree("SELECT f(a, t.b)"), {"x", "t"}));
  EXPECT_FALSE(same_expression(tree("SELECT t.a"), tree("SELECT x.a"), {"x", "t"}));
  EXPECT_FALSE(same_expression(tree("SELECT s.t.a"), tree("SELECT t.a"), {"t", "t"}));
  EXPECT_FALSE(same_expression(tree("SELECT t"), tree("SELECT a"), {"t", "t"}));
}

}  // namespace
}  // namespace pawl::sql
