#include "run/batch_size.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <chrono>

namespace pawl::run {
namespace {

using std::chrono::microseconds;
using namespace std::chrono_literals;

constexpr batch_size::bounds usual{1, 100'000, 100ms};

// As long as `rows` take at this speed.
microseconds at_speed(std::int64_t rows, std::int64_t row_us) {
  return microseconds{rows * row_us};
}

// Feeds batches of one speed until the size stands still.
void settle(batch_size& size, std::int64_t row_us) {
  for (int batch = 0; batch < 60; ++batch) {
    size.record(size.rows(), at_speed(size.rows(), row_us));
  }
}

TEST(BatchSize, TheFirstSizeIsKeptWithinTheBounds) {
  EXPECT_EQ(batch_size(1'000, usual).rows(), 1'000);
  EXPECT_EQ(batch_size(0, usual).rows(), 1);
  EXPECT_EQ(batch_size(1'000'000, usual).rows(), 100'000);
}

TEST(BatchSize, AFastBatchGrowsItByHalfAtMost) {
  batch_size size(1'000, usual);
  size.record(1'000, 1us);
  EXPECT_EQ(size.rows(), 1'500);
}

TEST(BatchSize, ASingleRowGrowsAgain) {
  batch_size size(1, usual);
  size.record(1, 1us);
  EXPECT_EQ(size.rows(), 2);
}

TEST(BatchSize, ASlowBatchCutsItAtOnceToTheTarget) {
  batch_size size(1'000, usual);
  size.record(1'000, 200ms);
  EXPECT_EQ(size.rows(), 500);
}

TEST(BatchSize, ABatchThatOverrunsFiveTimesForgetsThePast) {
  batch_size size(1'000, usual);
  for (int batch = 0; batch < 5; ++batch) {
    size.record(size.rows(), at_speed(size.rows(), 10));
  }
  size.record(size.rows(), 10s);
  const auto cut = size.rows();
  EXPECT_LE(cut, 100);
  size.record(cut, 1us);
  EXPECT_EQ(size.rows(), cut + cut / 2);
}

TEST(BatchSize, TheSlowerOfTwoBatchesCounts) {
  batch_size size(1'000, usual);
  size.record(1'000, 100ms);
  ASSERT_EQ(size.rows(), 1'000);
  size.record(1'000, 200ms);
  EXPECT_EQ(size.rows(), 500);
}

TEST(BatchSize, OneFastBatchAmongSlowOnesDoesNotGrowIt) {
  batch_size size(1'000, usual);
  settle(size, 100);
  ASSERT_EQ(size.rows(), 1'000);
  size.record(1'000, 1us);
  EXPECT_EQ(size.rows(), 1'000);
}

TEST(BatchSize, AShortBatchAtTheEndOfARangeDoesNotGrowIt) {
  batch_size size(1'000, usual);
  size.record(10, 1us);
  EXPECT_EQ(size.rows(), 1'000);
}

TEST(BatchSize, AnEmptyBatchTellsNothing) {
  batch_size size(1'000, usual);
  size.record(0, 10s);
  EXPECT_EQ(size.rows(), 1'000);
}

TEST(BatchSize, ABatchTheServerFoundTooBigHalvesIt) {
  batch_size size(1'000, usual);
  size.shrink_below(1'000);
  EXPECT_EQ(size.rows(), 500);
  size.shrink_below(1);
  EXPECT_EQ(size.rows(), 1) << "it stays at one row";
}

TEST(BatchSize, ABatchThatWasAskedForEarlierHalvesItOnce) {
  batch_size size(1'000, usual);
  size.shrink_below(1'000);
  size.shrink_below(1'000);
  EXPECT_EQ(size.rows(), 500);
}

TEST(BatchSize, AFixedSizeListensToNothing) {
  batch_size size(1'000, usual);
  size.fix(123);
  EXPECT_TRUE(size.is_fixed());
  size.record(123, 100s);
  size.record(123, 1us);
  EXPECT_EQ(size.rows(), 123);
}

TEST(BatchSize, AdaptingAgainReleasesAFixedSize) {
  batch_size size(1'000, usual);
  size.fix(123);
  size.adapt(usual);
  EXPECT_FALSE(size.is_fixed());
  size.record(123, 1us);
  EXPECT_EQ(size.rows(), 184);
}

TEST(BatchSize, NewBoundsHoldAtOnce) {
  batch_size size(1'000, usual);
  size.adapt({1, 200, 100ms});
  EXPECT_EQ(size.rows(), 200);
  size.adapt({500, 600, 100ms});
  EXPECT_EQ(size.rows(), 500);
}

RC_GTEST_PROP(BatchSizeProperty, ItStaysWithinTheBoundsAndGrowsByHalfAtMost, ()) {
  batch_size size(*rc::gen::inRange<std::int64_t>(1, 200'000), usual);
  const auto durations =
      *rc::gen::container<std::vector<std::int64_t>>(rc::gen::inRange<std::int64_t>(0, 3'000'000));
  for (const auto us : durations) {
    const auto before = size.rows();
    size.record(before, microseconds{us});
    RC_ASSERT(size.rows() >= usual.rows_min);
    RC_ASSERT(size.rows() <= usual.rows_max);
    RC_ASSERT(2 * size.rows() <= 3 * before || size.rows() == before + 1);
  }
}

RC_GTEST_PROP(BatchSizeProperty, ASteadySpeedEndsAtTheTargetDuration, ()) {
  const auto row_us = *rc::gen::inRange<std::int64_t>(1, 2'000);
  batch_size size(1'000, usual);
  settle(size, row_us);
  const auto wanted = std::max<std::int64_t>(100'000 / row_us, 1);
  RC_ASSERT(size.rows() <= wanted);
  RC_ASSERT(size.rows() >= wanted - 1);
}

RC_GTEST_PROP(BatchSizeProperty, TheWorkSlowingDownShrinksItWithinOneBatch, ()) {
  const auto factor = *rc::gen::inRange<std::int64_t>(6, 1'000);
  batch_size size(1'000, usual);
  settle(size, 10);
  const auto before = size.rows();
  size.record(before, at_speed(before, 10 * factor));
  RC_ASSERT(size.rows() <= before / factor + 1);
}

}  // namespace
}  // namespace pawl::run
