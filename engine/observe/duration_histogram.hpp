// How long batches take: a log-linear histogram of durations.
//
// A value type. Whole microseconds below 128 are exact; above, each power of two has 64 buckets, so
// a quantile is off by less than 1 % of itself. Longer than about 12 days counts as that long, and
// a negative duration as zero. Takes at most 18 KB, whatever is recorded.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

namespace pawl::observe {

class duration_histogram {
 public:
  void record(std::chrono::microseconds duration);

  // As if all that was recorded in `other` had been recorded here.
  void merge(const duration_histogram& other);

  // The smallest recorded duration (within the error above) that at least the share `q` of all of
  // them does not exceed; `q` outside of 0..1 is taken as the nearer end. Zero when empty.
  std::chrono::microseconds quantile(double q) const;

  std::uint64_t count() const { return count_; }

  bool operator==(const duration_histogram&) const = default;

 private:
  std::vector<std::uint64_t> buckets_;
  std::uint64_t count_ = 0;
  std::uint64_t shortest_ = 0;
  std::uint64_t longest_ = 0;
};

}  // namespace pawl::observe
