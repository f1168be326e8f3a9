#include "sql/tokens.hpp"

#include <map>

#include "reading.hpp"
#include "sql/split.hpp"

namespace pawl::sql {
namespace {

TEST(Tokens, NumbersAreThoseOfTheScanner) {
  const std::map<std::string, token_kind> numbers = {
      {"(", token_kind::open},
      {")", token_kind::close},
      {"*", token_kind::star},
      {",", token_kind::comma},
      {".", token_kind::dot},
      {";", token_kind::semicolon},
      {"=", token_kind::equals},
      {"[", token_kind::open_bracket},
      {"]", token_kind::close_bracket},
      {"\\", token_kind::backslash},
      {"x", token_kind::ident},
      {"\"x\"", token_kind::ident},
      {"U&\"x\"", token_kind::unicode_ident},
      {"U&'x'", token_kind::unicode_string},
      {"$1", token_kind::param},
      {"-- x", token_kind::line_comment},
      {"/* x */", token_kind::block_comment},
      {"and", token_kind::and_word},
      {"delete", token_kind::delete_word},
      {"fetch", token_kind::fetch_word},
      {"from", token_kind::from_word},
      {"insert", token_kind::insert_word},
      {"merge", token_kind::merge_word},
      {"only", token_kind::only_word},
      {"select", token_kind::select_word},
      {"table", token_kind::table_word},
      {"true", token_kind::true_word},
      {"uescape", token_kind::uescape_word},
      {"update", token_kind::update_word},
      {"values", token_kind::values_word},
      {"where", token_kind::where_word},
      {"with", token_kind::with_word},
  };
  for (const auto& [word, kind] : numbers) {
    const auto tokens = scan_text(word);
    ASSERT_TRUE(tokens && tokens->size() == 1) << word;
    EXPECT_EQ(tokens->front().kind, kind) << word;
    EXPECT_EQ(tokens->front().at, (slice{0, word.size()})) << word;
  }
}

TEST(Tokens, KnowsWhichKeywordsAreReserved) {
  const auto tokens = scan_text("name set left user");

  ASSERT_TRUE(tokens);
  EXPECT_EQ(tokens->at(0).keyword, keyword_kind::unreserved);
  EXPECT_EQ(tokens->at(2).keyword, keyword_kind::type_or_function);
  EXPECT_EQ(tokens->at(3).keyword, keyword_kind::reserved);
}

TEST(Tokens, OffsetsAreBytes) {
  const auto tokens = scan_text("'\xC3\xA9' x");

  ASSERT_TRUE(tokens);
  EXPECT_EQ(tokens->at(1).at, (slice{5, 6}));
}

TEST(Tokens, UnicodeEscapesEndWhereTheyEnd) {
  const std::string text = "U&\"a\"\"b\" UESCAPE '!' , U&'c''d'\n'e'/* f */U&'g'  ";
  const auto tokens = scan_text(text);

  ASSERT_TRUE(tokens);
  std::vector<std::string> words;
  for (const token& t : *tokens) words.push_back(text.substr(t.at.begin, t.at.end - t.at.begin));
  EXPECT_THAT(words, testing::ElementsAre("U&\"a\"\"b\"", "UESCAPE", "'!'", ",", "U&'c''d'\n'e'",
                                          "/* f */", "U&'g'"));
}

TEST(Tokens, ReadsTheNumbersOfNewerVersions) {
  const std::string text = "SELECT 1_000, 0xFF_ff, 0b1_0, 1_0.5e1_0, 'it 0x1', a1_0, $1;";
  const auto tokens = scan_text(text);
  ASSERT_TRUE(tokens);
  std::vector<std::string> words;
  for (const token& t : *tokens) words.push_back(text.substr(t.at.begin, t.at.end - t.at.begin));
  EXPECT_THAT(
      words, testing::ElementsAre("SELECT", "1_000", ",", "0xFF_ff", ",", "0b1_0", ",", "1_0.5e1_0",
                                  ",", "'it 0x1'", ",", "a1_0", ",", "$1", ";"));
  for (const char* bad : {"SELECT 1_", "SELECT 0xG", "SELECT 1__0", "SELECT 12ab"}) {
    EXPECT_FALSE(scan_text(bad)) << bad;
  }
}

TEST(Tokens, RefusesWhatIsNotTerminatedAtItsBeginning) {
  expect_refused("UPDATE t SET \xC3\xA9 =\n 'abc", {errc::sql_syntax, 2, 2, "unterminated quoted"});
  expect_refused("UPDATE t SET a = $x$b", {errc::sql_syntax, 1, 18, "unterminated dollar-quoted"});
  expect_refused("UPDATE t /* x", {errc::sql_syntax, 1, 10, "unterminated /* comment"});
  expect_refused("UPDATE \"t", {errc::sql_syntax, 1, 8, "unterminated quoted identifier"});
}

TEST(Tokens, NamesACommandOfPsqlEvenIfItsLineIsNoSql) {
  expect_refused("UPDATE t SET a = 1;\n\\i other.sql\n",
                 {errc::sql_syntax, 2, 1, "`\\i` is a command"});
  expect_refused("\\echo it's\nUPDATE t SET a = 1;",
                 {errc::sql_syntax, 1, 1, "`\\echo` is a command"});
}

TEST(Split, KeepsCommentsWithTheFollowingStatement) {
  const auto tokens = scan_text("-- a\nA; -- b\n/* c */ B -- d\n; -- e");
  ASSERT_TRUE(tokens);

  const layout divided = split(*tokens);

  ASSERT_EQ(divided.statements.size(), 2U);
  EXPECT_EQ(divided.statements.at(1).text, (slice{21, 22}));
  std::vector<std::pair<std::size_t, bool>> bound;
  for (const comment& c : divided.comments) bound.emplace_back(c.of, c.inside);
  EXPECT_THAT(bound, testing::ElementsAre(testing::Pair(0, false), testing::Pair(1, false),
                                          testing::Pair(1, false), testing::Pair(1, true),
                                          testing::Pair(2, false)));
}

TEST(Split, ACommentBehindAnUnterminatedStatementComesAfterIt) {
  const auto tokens = scan_text("A /* in */ B -- after");
  ASSERT_TRUE(tokens);

  const layout divided = split(*tokens);

  ASSERT_EQ(divided.statements.size(), 1U);
  EXPECT_EQ(divided.statements.at(0).text.end, 12U);
  EXPECT_TRUE(divided.comments.at(0).inside);
  EXPECT_FALSE(divided.comments.at(1).inside);
  EXPECT_EQ(divided.comments.at(1).of, 1U);
}

TEST(Split, SkipsEmptyStatements) {
  const auto tokens = scan_text(";; A;;");
  ASSERT_TRUE(tokens);

  EXPECT_EQ(split(*tokens).statements.size(), 1U);
}

}  // namespace
}  // namespace pawl::sql
