#include "run/batch_size.hpp"

#include <algorithm>

namespace pawl::run {

namespace {

constexpr double growth_max = 1.5;
constexpr int overrun = 5;

}  // namespace

batch_size::batch_size(std::int64_t first_rows, bounds within)
    : rows_(first_rows), within_(within) {
  set_rows(static_cast<double>(first_rows));
}

void batch_size::set_rows(double wanted) {
  rows_ = std::clamp(static_cast<std::int64_t>(wanted), within_.rows_min, within_.rows_max);
}

double batch_size::slow_row_us() const {
  const std::size_t count = std::min(samples_, window);
  std::array<double, window> sorted = row_us_;
  const auto end = sorted.begin() + static_cast<std::ptrdiff_t>(count);
  std::sort(sorted.begin(), end);
  // The nearest rank: rounded down, the slower of two batches would not count.
  return sorted.at(((count - 1) * 9 + 5) / 10);
}

void batch_size::record(std::int64_t rows, std::chrono::microseconds duration) {
  if (fixed_ || rows <= 0) {
    return;
  }
  const double us = std::max(1.0, static_cast<double>(duration.count()));
  const double target_us = 1000.0 * static_cast<double>(within_.target.count());
  if (us > overrun * target_us) {
    // The past says nothing about rows as slow as these.
    samples_ = 0;
    set_rows(static_cast<double>(rows) * target_us / us);
    return;
  }
  row_us_.at(samples_ % window) = us / static_cast<double>(rows);
  ++samples_;
  const double wanted = target_us / slow_row_us();
  // A batch that was cut before the last step, or ended with its range, is no reason to grow again.
  const bool is_current = static_cast<double>(rows) * growth_max >= static_cast<double>(rows_);
  if (wanted <= static_cast<double>(rows_)) {
    set_rows(wanted);
  } else if (is_current) {
    // One row more at least: half of a single row would never be added.
    const auto now = static_cast<double>(rows_);
    set_rows(std::min(wanted, std::max(now * growth_max, now + 1.0)));
  }
}

void batch_size::shrink_below(std::int64_t rows) {
  if (rows_ >= rows) {
    samples_ = 0;
    rows_ = std::max<std::int64_t>(1, rows / 2);
  }
}

void batch_size::fix(std::int64_t rows) {
  fixed_ = true;
  rows_ = rows;
}

void batch_size::adapt(bounds within) {
  fixed_ = false;
  if (within != within_) {
    samples_ = 0;
    within_ = within;
    set_rows(static_cast<double>(rows_));
  }
}

}  // namespace pawl::run
