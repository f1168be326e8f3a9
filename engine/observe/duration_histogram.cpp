#include "observe/duration_histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace pawl::observe {
namespace {

constexpr unsigned sub_bits = 6;
constexpr std::uint64_t sub_buckets = std::uint64_t{1} << sub_bits;
constexpr std::uint64_t longest_us = (std::uint64_t{1} << 40) - 1;

// The power of two by which the values of a bucket are coarser than a microsecond.
unsigned coarseness(std::uint64_t us) {
  const auto width = static_cast<unsigned>(std::bit_width(us));
  return width > sub_bits + 1 ? width - sub_bits - 1 : 0;
}

std::size_t bucket_of(std::uint64_t us) {
  const unsigned shift = coarseness(us);
  return static_cast<std::size_t>(shift * sub_buckets + (us >> shift));
}

std::uint64_t middle_of(std::size_t bucket) {
  if (bucket < 2 * sub_buckets) {
    return bucket;
  }
  const std::uint64_t shift = bucket / sub_buckets - 1;
  const std::uint64_t low = (bucket - shift * sub_buckets) << shift;
  return low + (std::uint64_t{1} << shift) / 2;
}

}  // namespace

void duration_histogram::record(std::chrono::microseconds duration) {
  const auto us =
      std::min(static_cast<std::uint64_t>(std::max<std::int64_t>(duration.count(), 0)), longest_us);
  const std::size_t bucket = bucket_of(us);
  if (bucket >= buckets_.size()) {
    buckets_.resize(bucket + 1);
  }
  ++buckets_[bucket];
  shortest_ = count_ == 0 ? us : std::min(shortest_, us);
  longest_ = std::max(longest_, us);
  ++count_;
}

void duration_histogram::merge(const duration_histogram& other) {
  if (other.count_ == 0) {
    return;
  }
  buckets_.resize(std::max(buckets_.size(), other.buckets_.size()));
  for (std::size_t i = 0; i < other.buckets_.size(); ++i) {
    buckets_[i] += other.buckets_[i];
  }
  shortest_ = count_ == 0 ? other.shortest_ : std::min(shortest_, other.shortest_);
  longest_ = std::max(longest_, other.longest_);
  count_ += other.count_;
}

std::chrono::microseconds duration_histogram::quantile(double q) const {
  if (count_ == 0) {
    return std::chrono::microseconds{0};
  }
  const double share = std::isnan(q) ? 1.0 : std::clamp(q, 0.0, 1.0);
  const auto rank =
      std::clamp(static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_))),
                 std::uint64_t{1}, count_);
  std::uint64_t seen = 0;
  std::size_t bucket = 0;
  while (seen + buckets_[bucket] < rank) {
    seen += buckets_[bucket];
    ++bucket;
  }
  const std::uint64_t us = std::clamp(middle_of(bucket), shortest_, longest_);
  return std::chrono::microseconds{static_cast<std::int64_t>(us)};
}

}  // namespace pawl::observe
