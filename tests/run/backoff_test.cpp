#include "run/backoff.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <chrono>

#include "run/limits.hpp"

namespace pawl::run {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds shortest{limits::backoff_min};
constexpr milliseconds longest{limits::backoff_max};
constexpr double random_max = 0.999999;

double drawn() {
  return *rc::gen::inRange(0, 1'000'000) / 1'000'000.0;
}

TEST(Backoff, TheFirstPauseIsTheShortest) {
  EXPECT_EQ(next_pause(milliseconds{0}, 0.0), shortest);
  EXPECT_EQ(next_pause(milliseconds{0}, random_max), shortest);
}

TEST(Backoff, TheWorstPausesTripleUpToTheLongest) {
  milliseconds last{0};
  for (int attempt = 0; attempt < 20; ++attempt) {
    const auto next = next_pause(last, random_max);
    EXPECT_GE(next, last);
    EXPECT_LE(next, std::max(shortest, 3 * last));
    last = next;
  }
  EXPECT_EQ(last, longest);
}

TEST(Backoff, AGoodDrawShortensThePauseAgain) {
  EXPECT_EQ(next_pause(longest, 0.0), shortest);
}

RC_GTEST_PROP(BackoffProperty, APauseLiesBetweenTheShortestAndTheLongest, ()) {
  const milliseconds last{*rc::gen::inRange<std::int64_t>(0, 1'000'000)};
  const auto next = next_pause(last, drawn());
  RC_ASSERT(next >= shortest);
  RC_ASSERT(next <= longest);
}

RC_GTEST_PROP(BackoffProperty, AHigherDrawNeverShortensIt, ()) {
  const milliseconds last{*rc::gen::inRange<std::int64_t>(0, 20'000)};
  const double one = drawn();
  const double other = drawn();
  RC_ASSERT(next_pause(last, std::min(one, other)) <= next_pause(last, std::max(one, other)));
}

}  // namespace
}  // namespace pawl::run
