#include <gtest/gtest.h>

#include "pg/conninfo.hpp"

namespace pawl::pg {
namespace {

conninfo with_password(std::string password) {
  conninfo c;
  c.values["password"] = std::move(password);
  return c;
}

TEST(Redact, HidesThePasswordWhereverItStands) {
  const conninfo c = with_password("s3cret");

  EXPECT_EQ(redact("s3cret", c), "***");
  EXPECT_EQ(redact("a s3crets3cret b", c), "a ****** b");
  EXPECT_EQ(redact("no secret here", c), "no secret here");
}

TEST(Redact, HidesThePasswordOfTheClientKey) {
  conninfo c = with_password("abc");
  c.values["sslpassword"] = "abcdef";

  EXPECT_EQ(redact("abcdef abc", c), "*** ***");
}

TEST(Redact, HidesEncodedAndEscapedForms) {
  EXPECT_EQ(redact("p%40ss p%40%73%73 p@ss", with_password("p@ss")), "*** *** ***");
  EXPECT_EQ(redact("%c3%A9t%C3%a9", with_password("été")), "***");
  EXPECT_EQ(redact(R"(it\'s it's a\\b a\b)", with_password("it's")), R"(*** *** a\\b a\b)");
  EXPECT_EQ(redact(R"(a\\b a\b)", with_password(R"(a\b)")), "*** ***");
}

TEST(Redact, LeavesTextAloneWhenThereIsNoPassword) {
  EXPECT_EQ(redact("connection refused", with_password("")), "connection refused");
  EXPECT_EQ(redact("", with_password("x")), "");
}

TEST(Redact, HidesAssignments) {
  EXPECT_EQ(redact("host=h password=abc user=u"), "host=h password=*** user=u");
  EXPECT_EQ(redact("password = 'a \\' b' user=u"), "password =*** user=u");
  EXPECT_EQ(redact("PGPASSWORD=abc psql"), "PGPASSWORD=*** psql");
  EXPECT_EQ(redact("password=a&b"), "password=***");
  EXPECT_EQ(redact("password='open"), "password=***");
  EXPECT_EQ(redact("password="), "password=***");
  EXPECT_EQ(redact("password authentication failed for user \"u\""),
            "password authentication failed for user \"u\"");
}

TEST(Redact, HidesTheUserinfoOfAUrl) {
  EXPECT_EQ(redact("cannot reach postgresql://u:abc@h:5432/db"),
            "cannot reach postgresql://u:***@h:5432/db");
  EXPECT_EQ(redact("postgresql://u:a@b/c d@h/db"), "postgresql://u:***@h/db");
  EXPECT_EQ(redact("postgresql://u@h:5432/db"), "postgresql://u@h:5432/db");
  EXPECT_EQ(redact("postgresql://h:5432/db"), "postgresql://h:5432/db");
  EXPECT_EQ(redact("a //u:x@h\nb //u:y@h"), "a //u:***@h\nb //u:***@h");
}

TEST(Redact, HidesWhatLibpqQuotesOfAStringThatItCannotRead) {
  EXPECT_EQ(redact("invalid percent-encoded token: \"se%zzcret\"\n"),
            "invalid percent-encoded token: \"***\"\n");
  EXPECT_EQ(redact("forbidden value %00 in percent-encoded value: \"a%00\""),
            "forbidden value %00 in percent-encoded value: \"***\"");
  EXPECT_EQ(redact("missing \"=\" after \"cret\" in connection info string"),
            "missing \"=\" after \"***\" in connection info string");
  EXPECT_EQ(redact("invalid connection option \"se\"cret\""), "invalid connection option \"***\"");
  EXPECT_EQ(redact("invalid URI query parameter: \"cret\""),
            "invalid URI query parameter: \"***\"");
  EXPECT_EQ(redact("extra key/value separator \"=\" in URI query parameter: \"cret\""),
            "extra key/value separator \"=\" in URI query parameter: \"***\"");
  EXPECT_EQ(redact("unexpected character \"x\" at position 9 in URI (expected \":\" or \"/\"): "
                   "\"postgresql://secret\""),
            "unexpected character \"x\" at position 9 in URI (expected \":\" or \"/\"): \"***\"");
  EXPECT_EQ(redact("invalid port number: \"cret\""), "invalid port number: \"***\"");
  EXPECT_EQ(redact("invalid port number: \"123cret\""), "invalid port number: \"***\"");
  EXPECT_EQ(redact("invalid port number: \"99999\""), "invalid port number: \"99999\"");
}

}  // namespace
}  // namespace pawl::pg
