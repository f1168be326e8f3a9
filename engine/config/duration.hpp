// Durations as people write them: a number and its unit. Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace pawl::config {

// "250ms", "2s", "1.5h", "30min" or "30m", "7d"; nullopt for anything else, for what is not above
// zero, and for what is no number of milliseconds (nan, inf, more than 30 years).
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

// In the largest unit that leaves a whole number: "250ms", "30min". parse_duration reads it back.
std::string show_duration(std::chrono::milliseconds d);

}  // namespace pawl::config
