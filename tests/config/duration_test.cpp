#include "config/duration.hpp"

#include <gtest/gtest.h>

namespace pawl::config {
namespace {

using std::chrono::milliseconds;

TEST(Duration, IsANumberAndItsUnit) {
  const std::vector<std::pair<std::string, std::int64_t>> all = {{"1ms", 1},
                                                                 {"250ms", 250},
                                                                 {"2s", 2'000},
                                                                 {"1.5s", 1'500},
                                                                 {"3m", 180'000},
                                                                 {"30min", 1'800'000},
                                                                 {"5h", 18'000'000},
                                                                 {"7d", 604'800'000},
                                                                 {"0.1ms", 1},
                                                                 {"1e3s", 1'000'000},
                                                                 {"10000d", 864'000'000'000}};
  for (const auto& [text, ms] : all) EXPECT_EQ(parse_duration(text), milliseconds{ms}) << text;
}

TEST(Duration, IsNothingElse) {
  for (const char* text : {"",          "s",       "5",
                           "-5s",       "+5s",     "0s",
                           "0",         "nan",     "nans",
                           "nan s",     "inf",     "infs",
                           "-infh",     "1e999s",  "1e300d",
                           "99999d",    "5 s",     " 5s",
                           "5s ",       "5S",      "5sec",
                           "0x10s",     "1.2.3s",  "5ss",
                           "1h30m",     "1e-400s", "\xF0\x9F\x90\x98",
                           "5\xC2\xB5s"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
  EXPECT_EQ(parse_duration(std::string_view("5s\0", 3)), std::nullopt);
}

TEST(Duration, IsShownAsItCanBeRead) {
  for (const char* text : {"1ms", "250ms", "2s", "90s", "30min", "5h", "1d", "1500ms", "365d"}) {
    EXPECT_EQ(show_duration(parse_duration(text).value()), text);
  }
}

}  // namespace
}  // namespace pawl::config
