#include "observe/visible_text.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <clocale>

namespace pawl::observe {
namespace {

// Widths of characters beyond ASCII are a matter of the locale.
class VisibleText : public testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_NE(std::setlocale(LC_CTYPE, "C.UTF-8"), nullptr); }
};

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7F;
  });
}

TEST_F(VisibleText, EscapeSequencesLoseTheirPower) {
  EXPECT_EQ(visible("\x1b[2J\x1b]0;title\x07gone", charset::utf8), "[2J]0;titlegone");
  EXPECT_EQ(visible("\xC2\x9B"
                    "2J csi in one",
                    charset::utf8),
            "2J csi in one");
  EXPECT_EQ(visible("bell\x07 del\x7F nul" + std::string(1, '\0'), charset::ascii), "bell del nul");
}

TEST_F(VisibleText, BidirectionalControlsVanish) {
  EXPECT_EQ(visible("abc\u202Ecba\u2066x\u200F", charset::utf8), "abccbax");
}

TEST_F(VisibleText, LineEndsAndTabsBecomeBlanks) {
  EXPECT_EQ(visible("one\ntwo\tthree\rfour\u2028five", charset::utf8), "one two three four five");
}

TEST_F(VisibleText, WhatIsNoUtf8IsReplacedByteByByte) {
  EXPECT_EQ(visible("a\xFFz", charset::utf8), "a\uFFFDz");
  EXPECT_EQ(visible("cut \xE2\x82", charset::utf8), "cut \uFFFD\uFFFD");
  EXPECT_EQ(visible("overlong \xC0\xAF", charset::utf8), "overlong \uFFFD\uFFFD");
  EXPECT_EQ(visible("surrogate \xED\xA0\x80", charset::utf8), "surrogate \uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(visible("\xF4\x90\x80\x80", charset::utf8), "\uFFFD\uFFFD\uFFFD\uFFFD");
}

TEST_F(VisibleText, AsciiTerminalsGetOnlyAscii) {
  EXPECT_EQ(visible("gr\u00fc\u00df \u4e16", charset::ascii), "gr?? ?");
}

TEST_F(VisibleText, AnythingBecomesOneSafeLineOnceAndForAll) {
  EXPECT_TRUE(rc::check([](const std::string& bytes) {
    for (const charset set : {charset::ascii, charset::utf8}) {
      const std::string shown = visible(bytes, set);
      RC_ASSERT(!has_control(shown));
      RC_ASSERT(shown.find("\xC2\x9B") == std::string::npos);
      RC_ASSERT(visible(shown, set) == shown);
    }
  }));
}

TEST_F(VisibleText, WidthCountsColumnsNotBytes) {
  EXPECT_EQ(width_of("abc"), 3);
  EXPECT_EQ(width_of("gr\u00fcn"), 4);
  EXPECT_EQ(width_of("\u4e16\u754c"), 4);
  EXPECT_EQ(width_of("e\u0301"), 1);
}

TEST_F(VisibleText, FitCutsWithAnEllipsis) {
  EXPECT_EQ(fit("currency", 8, charset::utf8), "currency");
  EXPECT_EQ(fit("currency", 5, charset::utf8), "curr\u2026");
  EXPECT_EQ(fit("currency", 5, charset::ascii), "cu...");
  EXPECT_EQ(fit("\u4e16\u754c\u4e16", 4, charset::utf8), "\u4e16\u2026");
  EXPECT_EQ(fit("currency", 2, charset::ascii), "..");
  EXPECT_EQ(fit("currency", 0, charset::ascii), "");
  EXPECT_EQ(fit("currency", -3, charset::utf8), "");
}

TEST_F(VisibleText, FitNeverExceedsItsColumns) {
  EXPECT_TRUE(rc::check([](const std::string& bytes) {
    const int columns = *rc::gen::inRange(0, 40);
    for (const charset set : {charset::ascii, charset::utf8}) {
      RC_ASSERT(width_of(fit(visible(bytes, set), columns, set)) <= columns);
    }
  }));
}

}  // namespace
}  // namespace pawl::observe
