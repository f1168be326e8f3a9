#include "observe/rate_window.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace pawl::observe {
namespace {

using namespace std::chrono_literals;

TEST(RateWindow, HasNoRateBeforeASecondIsCovered) {
  rate_window window(60s, 20);

  EXPECT_FALSE(window.per_second(10s).has_value());
  window.add(900ms, 100);
  EXPECT_FALSE(window.per_second(900ms).has_value());
  window.add(1000ms, 100);
  EXPECT_DOUBLE_EQ(window.per_second(1000ms).value(), 200);
}

TEST(RateWindow, ForgetsWhatIsOlderThanItsSpan) {
  rate_window window(60s, 20);
  for (int second = 1; second <= 100; ++second) {
    window.add(std::chrono::seconds{second}, 1000);
  }
  for (int second = 101; second <= 161; ++second) {
    window.add(std::chrono::seconds{second}, 10);
  }

  EXPECT_DOUBLE_EQ(window.per_second(161s).value(), 10);
}

TEST(RateWindow, KeepsTwentySlowSamplesThoughTheyTakeLonger) {
  rate_window window(60s, 20);
  for (int sample = 1; sample <= 19; ++sample) {
    window.add(sample * 60s, 600);
  }
  window.add(20 * 60s, 0);

  EXPECT_DOUBLE_EQ(window.per_second(20 * 60s).value(), 9.5);
}

TEST(RateWindow, HoldsBetweenSamplesAndFallsWhenOneIsOverdue) {
  rate_window window(60s, 20);
  for (int second = 1; second <= 60; ++second) {
    window.add(std::chrono::seconds{second}, 100);
  }

  EXPECT_DOUBLE_EQ(window.per_second(64s).value(), 100);
  EXPECT_DOUBLE_EQ(window.per_second(120s).value(), 50);
}

TEST(RateWindow, AnEvenStreamIsFoundWhateverTheStep) {
  EXPECT_TRUE(rc::check([] {
    const int step_ms = *rc::gen::inRange(1, 30'000);
    const int steps = *rc::gen::inRange(40, 400);
    rate_window window(60s, 20);
    const double amount = 0.5 * step_ms;
    for (int i = 1; i <= steps; ++i) {
      window.add(std::chrono::milliseconds{i * step_ms}, amount);
    }

    const auto rate = window.per_second(std::chrono::milliseconds{steps * step_ms});

    RC_PRE(steps * step_ms >= 1000);
    RC_ASSERT(rate.has_value());
    RC_ASSERT(std::abs(*rate - 500) < 0.001);
    RC_ASSERT(steps * step_ms < 2000 || window.uncertainty() < 0.2);
  }));
}

TEST(RateWindow, UnevenStreamsAreLessCertain) {
  rate_window even(60s, 20);
  rate_window uneven(60s, 20);
  for (int second = 1; second <= 60; ++second) {
    even.add(std::chrono::seconds{second}, 100);
    uneven.add(std::chrono::seconds{second}, second % 2 == 0 ? 190 : 10);
  }

  EXPECT_LT(even.uncertainty(), 0.001);
  EXPECT_GT(uneven.uncertainty(), 0.1);
  EXPECT_EQ(rate_window(60s, 20).uncertainty(), 1);
}

}  // namespace
}  // namespace pawl::observe
