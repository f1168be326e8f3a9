#include "config/duration.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

namespace pawl::config {
namespace {

struct unit {
  std::string_view name;
  std::int64_t milliseconds;
};

// Ascending; "m" is another spelling of "min".
constexpr std::array<unit, 6> units = {
    {{"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"min", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};

// Beyond it a double still holds every millisecond, and no clock of ours overflows.
constexpr double milliseconds_max = 1e12;

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  double number = 0;
  const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view name = text.substr(static_cast<std::size_t>(end - text.data()));
  const auto found =
      std::find_if(units.begin(), units.end(), [&](const unit& u) { return u.name == name; });
  if (bad != std::errc{} || found == units.end() || !(number > 0)) return std::nullopt;
  const double milliseconds = number * static_cast<double>(found->milliseconds);
  if (!(milliseconds <= milliseconds_max)) return std::nullopt;
  return std::chrono::milliseconds{
      std::max<std::int64_t>(1, static_cast<std::int64_t>(milliseconds))};
}

std::string show_duration(std::chrono::milliseconds d) {
  const auto fits = [&](const unit& u) { return u.name != "m" && d.count() % u.milliseconds == 0; };
  const auto largest = std::find_if(units.rbegin(), units.rend(), fits);
  return fmt::format("{}{}", d.count() / largest->milliseconds, largest->name);
}

}  // namespace pawl::config
