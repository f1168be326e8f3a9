#include <gtest/gtest.h>

#include "pg/conninfo.hpp"

namespace pawl::pg {
namespace {

using variables = std::map<std::string, std::string>;

TEST(EnvFile, HoldsANameAndAValueOnEachLine) {
  EXPECT_EQ(read_env_file("A=1\nB = two words \r\n\nC=\nD=x"),
            (variables{{"A", "1"}, {"B", "two words"}, {"C", ""}, {"D", "x"}}));
}

TEST(EnvFile, MayBeginWithAByteOrderMark) {
  EXPECT_EQ(read_env_file("\xEF\xBB\xBF"
                          "A=1"),
            (variables{{"A", "1"}}));
}

TEST(EnvFile, TakesTheLastOfTwoValues) {
  EXPECT_EQ(read_env_file("A=1\nA=2\n"), (variables{{"A", "2"}}));
}

TEST(EnvFile, MayExportItsNames) {
  EXPECT_EQ(read_env_file("export A=1\n  export\tB='2'\nexport=3\n"),
            (variables{{"A", "1"}, {"B", "2"}, {"export", "3"}}));
}

TEST(EnvFile, HasComments) {
  EXPECT_EQ(read_env_file("# A=1\nB=2 # two\nC='3' # three\n  #D=4\nE=#\n"),
            (variables{{"B", "2"}, {"C", "3"}, {"E", ""}}));
}

TEST(EnvFile, KeepsAHashInsideOfAValue) {
  EXPECT_EQ(read_env_file("A=p#ss\nB=\"p #ss\"\n"), (variables{{"A", "p#ss"}, {"B", "p #ss"}}));
}

TEST(EnvFile, ReadsDoubleQuotesWithEscapesAndOthersAsTheyAre) {
  EXPECT_EQ(read_env_file(R"(A="a\n\"b\" \$ \\ \x")"
                          "\n"
                          R"(B='a\n"b"')"
                          "\n"
                          "C=`it's \"c\"`\n"),
            (variables{{"A", "a\n\"b\" $ \\ \\x"}, {"B", "a\\n\"b\""}, {"C", "it's \"c\""}}));
}

TEST(EnvFile, LetsAQuotedValueSpanLines) {
  EXPECT_EQ(read_env_file("KEY=\"-----BEGIN\nDATABASE_URL=no\n-----END\"\nB=1\n"),
            (variables{{"KEY", "-----BEGIN\nDATABASE_URL=no\n-----END"}, {"B", "1"}}));
}

TEST(EnvFile, TakesAQuoteThatIsNeverClosedAsItStands) {
  EXPECT_EQ(read_env_file("A=\"open\nB=1\n"), (variables{{"A", "\"open"}, {"B", "1"}}));
}

TEST(EnvFile, RefersToEarlierValues) {
  EXPECT_EQ(read_env_file("U=me\nA=${U}@h\nB=\"${U}-${V}\"\nC='${U}'\nD=${U\nE=\"\\${U}\"\n"),
            (variables{{"U", "me"},
                       {"A", "me@h"},
                       {"B", "me-${V}"},
                       {"C", "${U}"},
                       {"D", "${U"},
                       {"E", "${U}"}}));
}

TEST(EnvFile, PassesOverLinesThatSetNothing) {
  EXPECT_EQ(read_env_file("just words\n=1\n2 = \nA-B=3\nexport C\nD=4"),
            (variables{{"2", ""}, {"D", "4"}}));
}

}  // namespace
}  // namespace pawl::pg
