#include "observe/duration_histogram.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace pawl::observe {
namespace {

using std::chrono::microseconds;

// From a microsecond to hours, small ones as often as large ones.
rc::Gen<std::int64_t> durations_us() {
  return rc::gen::mapcat(rc::gen::inRange(0, 36), [](int power) {
    return rc::gen::inRange<std::int64_t>(0, std::int64_t{1} << power);
  });
}

rc::Gen<std::vector<std::int64_t>> some_durations() {
  return rc::gen::nonEmpty(rc::gen::container<std::vector<std::int64_t>>(
      rc::gen::suchThat(durations_us(), [](std::int64_t us) { return us >= 0; })));
}

duration_histogram histogram_of(const std::vector<std::int64_t>& durations) {
  duration_histogram h;
  for (const std::int64_t us : durations) {
    h.record(microseconds{us});
  }
  return h;
}

TEST(DurationHistogram, QuantileIsWithinOnePercentOfTheSortedValues) {
  EXPECT_TRUE(rc::check([] {
    std::vector<std::int64_t> durations = *some_durations();
    const double q = *rc::gen::inRange(0, 1001) / 1000.0;

    const duration_histogram h = histogram_of(durations);

    std::sort(durations.begin(), durations.end());
    const auto n = static_cast<double>(durations.size());
    const auto rank = static_cast<std::size_t>(std::max(1.0, std::ceil(q * n)));
    const auto exact = static_cast<double>(durations[rank - 1]);
    const auto found = static_cast<double>(h.quantile(q).count());
    RC_ASSERT(std::abs(found - exact) <= exact / 100.0);
  }));
}

TEST(DurationHistogram, MergingIsRecordingInOne) {
  EXPECT_TRUE(rc::check([] {
    const std::vector<std::int64_t> left = *some_durations();
    const std::vector<std::int64_t> right = *some_durations();
    std::vector<std::int64_t> both = left;
    both.insert(both.end(), right.begin(), right.end());

    duration_histogram merged = histogram_of(left);
    merged.merge(histogram_of(right));

    RC_ASSERT(merged == histogram_of(both));
  }));
}

TEST(DurationHistogram, EmptyHistogramHasZeroQuantilesAndMergesAsNothing) {
  duration_histogram one = histogram_of({231'000});

  one.merge(duration_histogram{});
  duration_histogram empty;
  empty.merge(one);

  EXPECT_EQ(duration_histogram{}.quantile(0.5), microseconds{0});
  EXPECT_EQ(one.count(), 1u);
  EXPECT_EQ(empty, one);
  EXPECT_EQ(empty.quantile(0.5), microseconds{231'000});
}

TEST(DurationHistogram, OutOfRangeValuesAndQuantilesAreTakenAsTheNearerEnd) {
  const duration_histogram h = histogram_of({-5, 10, std::numeric_limits<std::int64_t>::max()});

  EXPECT_EQ(h.quantile(-1), microseconds{0});
  EXPECT_EQ(h.quantile(0.5), microseconds{10});
  EXPECT_GT(h.quantile(2), std::chrono::hours{12 * 24});
  EXPECT_LT(h.quantile(2), std::chrono::hours{13 * 24});
  EXPECT_EQ(h.quantile(std::nan("")), h.quantile(1));
}

TEST(DurationHistogram, OneValueIsEveryQuantileExactly) {
  const duration_histogram h = histogram_of({123'457});

  for (const double q : {0.0, 0.5, 0.95, 0.99, 1.0}) {
    EXPECT_EQ(h.quantile(q), microseconds{123'457});
  }
}

}  // namespace
}  // namespace pawl::observe
