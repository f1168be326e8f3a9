#include "pg/array.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace pawl::pg {
namespace {

using texts = std::vector<std::string>;

TEST(Array, EveryElementIsWrittenInQuotes) {
  EXPECT_EQ(to_array({}), "{}");
  EXPECT_EQ(to_array({"a", "", "NULL", "x,y", "{}"}), R"({"a","","NULL","x,y","{}"})");
  EXPECT_EQ(to_array({R"(say "hi" \o/)"}), R"({"say \"hi\" \\o/"})");
}

TEST(Array, WhatTheServerPrintsIsRead) {
  EXPECT_EQ(from_array("{}"), texts{});
  EXPECT_EQ(from_array("{1,22,abc}"), (texts{"1", "22", "abc"}));
  EXPECT_EQ(from_array(R"({"",a,"NULL"})"), (texts{"", "a", "NULL"}));
  EXPECT_EQ(from_array(R"({"a\"b","c\\d","e,f"})"), (texts{"a\"b", "c\\d", "e,f"}));
  EXPECT_EQ(from_array("{2024-01-01 00:00:00+00}"), (texts{"2024-01-01 00:00:00+00"}));
}

TEST(Array, WhatIsNoArrayOfTextsIsRefused) {
  for (const char* text : {"", "{", "}", "a", "{a", "{\"a\"", "{\"a}", "{a}b", "{a}}", "{NULL}",
                           "{a,NULL}", "{,}", "{a,}", "{\"a\"b}", "[0:1]={a,b}"}) {
    EXPECT_EQ(from_array(text), std::nullopt) << text;
  }
}

RC_GTEST_PROP(ArrayProperty, WhatWasWrittenIsReadBack, (const texts& elements)) {
  RC_ASSERT(from_array(to_array(elements)) == elements);
}

RC_GTEST_PROP(ArrayProperty, NoTextBreaksTheReader, (const std::string& text)) {
  std::ignore = from_array(text);
  std::ignore = from_array('{' + text + '}');
}

}  // namespace
}  // namespace pawl::pg
