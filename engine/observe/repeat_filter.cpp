#include "observe/repeat_filter.hpp"

#include <utility>

namespace pawl::observe {
namespace {

constexpr std::chrono::seconds pause{10};

}  // namespace

std::optional<std::int64_t> repeat_filter::admit(const std::string& kind, time_point at) {
  const auto [entry, is_new] = kinds_.try_emplace(kind, last_shown{at});
  last_shown& last = entry->second;
  if (is_new) {
    return 0;
  }
  if (at - last.at < pause) {
    ++last.left_out;
    return std::nullopt;
  }
  last.at = at;
  return std::exchange(last.left_out, 0);
}

}  // namespace pawl::observe
