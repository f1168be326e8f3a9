#include "sql/source.hpp"

#include "reading.hpp"

namespace pawl::sql {
namespace {

TEST(Source, TakesAByteOrderMarkOff) {
  const job j = read_one("\xEF\xBB\xBFUPDATE t SET a = 1;");

  EXPECT_EQ(j.text, "UPDATE t SET a = 1;");
  EXPECT_EQ(j.what.statement.begin, 0U);
}

TEST(Source, CountsColumnsInCharactersAndLinesByAnyLineEnd) {
  const source in{"f", "a\r\nb\rc\n\xC3\xA9\xE2\x82\xACx"};

  EXPECT_EQ(in.place_of(0), (place{"f", 1, 1}));
  EXPECT_EQ(in.place_of(3), (place{"f", 2, 1}));
  EXPECT_EQ(in.place_of(5), (place{"f", 3, 1}));
  EXPECT_EQ(in.place_of(12), (place{"f", 4, 3}));
}

TEST(Source, RefusesBytesThatAreNoUtf8WithTheirPlace) {
  for (const char* bad :
       {"\xFF", "\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82", "\x80"}) {
    expect_refused(std::string("UPDATE t\n SET \xC3\xA9 = '") + bad + "'",
                   {errc::sql_syntax, 2, 11, "is no UTF-8"});
  }
}

TEST(Source, AcceptsEveryLengthOfSequence) {
  const job j = read_one("UPDATE t SET a = '\xC3\xA9\xE2\x82\xAC\xF0\x9F\x90\x98'");

  EXPECT_EQ(text(j, j.what.assignments.at(0).expression), "'\xC3\xA9\xE2\x82\xAC\xF0\x9F\x90\x98'");
}

TEST(Source, RefusesNulBytes) {
  expect_refused(std::string("UPDATE t SET a = '\0'", 20), {errc::sql_syntax, 1, 19, "NUL"});
}

TEST(Source, RefusesAFileOfMoreThanFourMegabytes) {
  const auto jobs = read_jobs("big.sql", std::string((4U << 20U) + 1, ' '));

  ASSERT_TRUE(jobs.has_error());
  EXPECT_EQ(jobs.error().code, errc::file_unreadable);
}

TEST(Source, TurnsCharacterPositionsIntoByteOffsets) {
  EXPECT_EQ(offset_of_character("\xC3\xA9x", 1), 0U);
  EXPECT_EQ(offset_of_character("\xC3\xA9x", 2), 2U);
  EXPECT_EQ(offset_of_character("\xC3\xA9x", 3), 3U);
}

}  // namespace
}  // namespace pawl::sql
