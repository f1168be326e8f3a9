// How many rows the next batch covers: towards a target duration, by time per row. Pure.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace pawl::run {

// Starts small, grows at most 1.5x a step on the p90 of the last 11 batches, and is cut at once
// when a batch overruns the target five times (constants of Spirit's chunker, engines.md A).
class batch_size {
 public:
  struct bounds {
    std::int64_t rows_min = 1;
    std::int64_t rows_max = 1;
    std::chrono::milliseconds target{0};

    bool operator==(const bounds&) const = default;
  };

  batch_size(std::int64_t first_rows, bounds within);

  std::int64_t rows() const { return rows_; }
  bool is_fixed() const { return fixed_; }

  void record(std::int64_t rows, std::chrono::microseconds duration);
  // The server found a batch of `rows` too big.
  void shrink_below(std::int64_t rows);
  void fix(std::int64_t rows);
  void adapt(bounds within);

 private:
  static constexpr std::size_t window = 11;

  double slow_row_us() const;
  void set_rows(double wanted);

  std::int64_t rows_;
  bounds within_;
  bool fixed_ = false;
  std::array<double, window> row_us_{};
  std::size_t samples_ = 0;
};

}  // namespace pawl::run
