#include "pg/url.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace pawl::pg {
namespace {

TEST(Url, IsCutAsLibpqReadsIt) {
  const auto parts = split_url("u:p@h1:5432,h2:5433/db?sslmode=require").value();

  EXPECT_EQ(parts.userinfo, "u:p");
  EXPECT_EQ(parts.password, "p");
  EXPECT_EQ(parts.hosts, "h1:5432,h2:5433");
  EXPECT_EQ(parts.path, "/db");
  EXPECT_EQ(parts.query, "sslmode=require");
  EXPECT_FALSE(parts.warning);
}

TEST(Url, MayHaveNothingButADatabase) {
  const auto parts = split_url("/db").value();

  EXPECT_EQ(parts.hosts, "");
  EXPECT_EQ(parts.path, "/db");
}

TEST(Url, MayNameAnAddressInBrackets) {
  EXPECT_EQ(split_url("u@[::1]:5432/db").value().hosts, "[::1]:5432");
  EXPECT_EQ(split_url("u@[::1]/db").value().hosts, "[::1]");
}

TEST(Url, MayHoldAnAtSignInItsQuery) {
  EXPECT_EQ(split_url("h/db?user=me@tenant").value().query, "user=me@tenant");
  EXPECT_EQ(split_url("h?user=me@tenant").value().query, "user=me@tenant");
  EXPECT_EQ(split_url("h?user=me@tenant").value().hosts, "h");
}

struct bad_password {
  std::string url;
  std::string message;
  std::string hint;
};

void expect_refused(const std::vector<bad_password>& cases) {
  for (const bad_password& c : cases) {
    const auto parts = split_url(c.url);
    ASSERT_FALSE(parts.has_value()) << c.url;
    EXPECT_EQ(parts.error().code, errc::bad_connection_string);
    EXPECT_EQ(parts.error().message, c.message) << c.url;
    EXPECT_EQ(parts.error().hint, c.hint) << c.url;
  }
}

TEST(Url, NamesTheRawCharacterOfThePasswordAndShowsTheEncodedForm) {
  expect_refused({
      {"u:p@ss@host:5432/db", "the password holds a raw `@`",
       "Write `@` as %40: postgresql://u:***@host:5432/db"},
      {"u:p/ss@host:5432/db", "the password holds a raw `/`",
       "Write `/` as %2F: postgresql://u:***@host:5432/db"},
      {"u:p@s/s@host/db", "the password holds a raw `@` and `/`",
       "Write `@` as %40 and `/` as %2F: postgresql://u:***@host/db"},
      {"u:se%zzcret@host/db", "the password holds a raw `%`",
       "Write `%` as %25: postgresql://u:***@host/db"},
      {"u:cut%4@host/db", "the password holds a raw `%`",
       "Write `%` as %25: postgresql://u:***@host/db"},
      {"u:nul%00@host/db", "the password holds a raw `%`",
       "Write `%` as %25: postgresql://u:***@host/db"},
      {"u:p#s/s@host/db", "the password holds a raw `#` and `/`",
       "Write `#` as %23 and `/` as %2F: postgresql://u:***@host/db"},
  });
}

TEST(Url, NamesTheRawCharacterOfTheUser) {
  expect_refused({{"me@tenant@host/db", "the user name holds a raw `@`",
                   "Write `@` as %40: postgresql://me%40tenant@host/db"}});
}

TEST(Url, ShowsNoHostThatMayBeAPieceOfThePassword) {
  expect_refused({{"u:p?s/s@host/db", "the password holds a raw `?` and `/`",
                   "Write `?` as %3F and `/` as %2F: postgresql://u:***@host:5432/database"}});
}

TEST(Url, TakesCharactersThatLibpqReadsRightWithAWarning) {
  EXPECT_EQ(split_url("u:p#ss@host/db").value().warning,
            "the password holds a raw `#`, which other programs refuse: write `#` as %23");
  EXPECT_EQ(split_url("u:a:b?c@host/db").value().password, "a:b?c");
  EXPECT_EQ(split_url("u:a:b?c@host/db").value().warning,
            "the password holds a raw `:` and `?`, which other programs refuse: write `:` as %3A "
            "and `?` as %3F");
}

TEST(Url, WithoutAHostAfterThePasswordQuotesNothing) {
  const auto parts = split_url("u:secret");

  ASSERT_FALSE(parts.has_value());
  EXPECT_EQ(parts.error().message, "the port is not a number");
  EXPECT_EQ(parts.error().hint.find("secret"), std::string::npos);
}

TEST(PercentDecoding, UndoesEncoding) {
  EXPECT_TRUE(rc::check([](const std::string& text) {
    RC_PRE(text.find('\0') == std::string::npos);
    RC_ASSERT(percent_decode(percent_encode(text)) == text);
  }));
}

TEST(PercentDecoding, RefusesWhatLibpqRefuses) {
  EXPECT_EQ(percent_decode("a%41%6d"), "aAm");
  EXPECT_EQ(percent_decode("%"), std::nullopt);
  EXPECT_EQ(percent_decode("%4"), std::nullopt);
  EXPECT_EQ(percent_decode("%4g"), std::nullopt);
  EXPECT_EQ(percent_decode("%00"), std::nullopt);
}

}  // namespace
}  // namespace pawl::pg
