#include "run/backoff.hpp"

#include <algorithm>

#include "run/limits.hpp"

namespace pawl::run {

std::chrono::milliseconds next_pause(std::chrono::milliseconds last, double random) {
  using std::chrono::milliseconds;
  const double low = static_cast<double>(milliseconds{limits::backoff_min}.count());
  const double high = std::max(low, 3.0 * static_cast<double>(last.count()));
  const auto drawn = milliseconds{static_cast<std::int64_t>(low + random * (high - low))};
  return std::min(drawn, milliseconds{limits::backoff_max});
}

}  // namespace pawl::run
