#include "observe/format.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace pawl::observe {
namespace {

using namespace std::chrono_literals;
using std::chrono::system_clock;

TEST(Format, CountsHaveThreeDigitsAndAUnit) {
  EXPECT_EQ(human_count(std::int64_t{0}), "0");
  EXPECT_EQ(human_count(std::int64_t{987}), "987");
  EXPECT_EQ(human_count(std::int64_t{999}), "999");
  EXPECT_EQ(human_count(std::int64_t{1000}), "1.00k");
  EXPECT_EQ(human_count(std::int64_t{41'800}), "41.8k");
  EXPECT_EQ(human_count(std::int64_t{141'000}), "141k");
  EXPECT_EQ(human_count(std::int64_t{999'499}), "999k");
  EXPECT_EQ(human_count(std::int64_t{999'500}), "1.00M");
  EXPECT_EQ(human_count(std::int64_t{1'234'567}), "1.23M");
  EXPECT_EQ(human_count(std::int64_t{9'995'000}), "10.0M");
  EXPECT_EQ(human_count(std::int64_t{99'950'000}), "100M");
  EXPECT_EQ(human_count(std::int64_t{2'000'000'000}), "2.00B");
  EXPECT_EQ(human_count(0.4), "0");
  EXPECT_EQ(human_count(-3.0), "0");
}

TEST(Format, CountsAreNeverLongerThanFiveCharacters) {
  EXPECT_TRUE(rc::check([] {
    const std::int64_t n = *rc::gen::inRange<std::int64_t>(0, 999'000'000'000'000);
    RC_ASSERT(human_count(n).size() <= 5);
  }));
}

TEST(Format, GroupedKeepsAllDigits) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(2'000'000), "2,000,000");
  EXPECT_EQ(grouped(-100'000), "-100,000");
}

TEST(Format, BytesAreThoseOfPostgreSQL) {
  EXPECT_EQ(human_bytes(std::int64_t{0}), "0 B");
  EXPECT_EQ(human_bytes(std::int64_t{512}), "512 B");
  EXPECT_EQ(human_bytes(std::int64_t{8192}), "8.00 kB");
  EXPECT_EQ(human_bytes(std::int64_t{331'350'016}), "316 MB");
  EXPECT_EQ(human_bytes(std::int64_t{2'134'900'736}), "1.99 GB");
}

TEST(Format, LatenciesHaveThreeDigits) {
  EXPECT_EQ(human_latency(0us), "0.00ms");
  EXPECT_EQ(human_latency(850us), "0.85ms");
  EXPECT_EQ(human_latency(9'994us), "9.99ms");
  EXPECT_EQ(human_latency(231'000us), "231ms");
  EXPECT_EQ(human_latency(999'400us), "999ms");
  EXPECT_EQ(human_latency(999'600us), "1.00s");
  EXPECT_EQ(human_latency(14'200ms), "14.2s");
  EXPECT_EQ(human_latency(59'960ms), "1m00s");
  EXPECT_EQ(human_latency(73min), "1h13m");
  EXPECT_EQ(human_latency(-5us), "0.00ms");
}

TEST(Format, DurationsGetCoarserAsTheyGrow) {
  EXPECT_EQ(human_duration(0s), "0s");
  EXPECT_EQ(human_duration(9s), "9s");
  EXPECT_EQ(human_duration(65s), "1m05s");
  EXPECT_EQ(human_duration(10min - 1s), "9m59s");
  EXPECT_EQ(human_duration(47min + 30s), "47m");
  EXPECT_EQ(human_duration(73min), "1h13m");
  EXPECT_EQ(human_duration(76h), "3d04h");
  EXPECT_EQ(human_duration(-1s), "0s");
}

TEST(Format, SpreadIsAsCoarseAsWhatItBelongsTo) {
  EXPECT_EQ(human_spread(32s, 9min), "32s");
  EXPECT_EQ(human_spread(65s, 9min), "1m05s");
  EXPECT_EQ(human_spread(330s, 47min), "6m");
  EXPECT_EQ(human_spread(75min, 5h), "1h15m");
  EXPECT_EQ(human_spread(4h + 1s, 76h), "5h");
}

TEST(Format, PercentIsHundredOnlyForAllOfIt) {
  EXPECT_EQ(percent(0), "0.0%");
  EXPECT_EQ(percent(0.614), "61.4%");
  EXPECT_EQ(percent(0.29), "29.0%");
  EXPECT_EQ(percent(0.99999), "99.9%");
  EXPECT_EQ(percent(1), "100.0%");
  EXPECT_EQ(percent(1.7), "100.0%");
  EXPECT_EQ(percent(-1), "0.0%");
}

TEST(Format, ShareTellsLittleFromNothing) {
  EXPECT_EQ(share(0), "0%");
  EXPECT_EQ(share(0.0004), "<1%");
  EXPECT_EQ(share(0.02), "2%");
  EXPECT_EQ(share(0.29), "29%");
  EXPECT_EQ(share(0.999), "99%");
  EXPECT_EQ(share(1), "100%");
}

TEST(Format, TimesAreUtc) {
  const system_clock::time_point t{1'795'343'460'250ms};

  EXPECT_EQ(utc_seconds(t), "2026-11-22T10:31:00Z");
  EXPECT_EQ(utc_milliseconds(t), "2026-11-22T10:31:00.250Z");
  EXPECT_EQ(utc_milliseconds(system_clock::time_point{-1ms}), "1969-12-31T23:59:59.999Z");
}

TEST(Format, ClockTimeIsTheReadersAndNamesAnotherDay) {
  const system_clock::time_point now{1'795'343'460s};

  EXPECT_EQ(clock_time(now + 1h, now, 0s), "11:31");
  EXPECT_EQ(clock_time(now + 1h, now, 2h), "13:31");
  EXPECT_EQ(clock_time(now + 12h, now, 2h), "Nov 23 00:31");
  EXPECT_EQ(clock_time(now + 3 * 24h, now, 0s), "Nov 25 10:31");
}

}  // namespace
}  // namespace pawl::observe
