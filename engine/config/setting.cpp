#include "config/setting.hpp"

#include <fmt/format.h>

#include <bit>
#include <charconv>

#include "config/duration.hpp"

namespace pawl::config {
namespace {

std::optional<std::int64_t> read_number(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (bad != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::uint64_t as_unsigned(std::int64_t value) {
  return static_cast<std::uint64_t>(value);
}

}  // namespace

std::optional<std::int64_t> read_value(const setting& s, std::string_view text) {
  if (may_be_auto(s) && text == "auto") return 0;
  std::optional<std::int64_t> value;
  if (s.kind != setting_kind::duration) {
    value = read_number(text);
  } else if (const auto duration = parse_duration(text)) {
    value = duration->count();
  }
  const bool fits = value && *value >= s.least && *value <= s.most &&
                    (s.kind != setting_kind::stripes || std::has_single_bit(as_unsigned(*value)));
  return fits ? value : std::nullopt;
}

std::string expectation(const setting& s) {
  const std::string from = show_value(s, s.least);
  const std::string to = show_value(s, s.most);
  switch (s.kind) {
    case setting_kind::count:
      return fmt::format("a whole number from {} to {}", from, to);
    case setting_kind::rows:
      return fmt::format("a number of rows from {} to {}", from, to);
    case setting_kind::rows_or_auto:
      return fmt::format("auto or a number of rows from {} to {}", from, to);
    case setting_kind::stripes:
      return fmt::format("auto or a power of two from {} to {}", from, to);
    case setting_kind::duration:
      break;
  }
  return fmt::format("a duration from {} to {}, such as 250ms, 2s, 30min or 5h", from, to);
}

std::string show_value(const setting& s, std::int64_t value) {
  if (s.kind == setting_kind::duration) return show_duration(std::chrono::milliseconds{value});
  return may_be_auto(s) && value == 0 ? "auto" : std::to_string(value);
}

std::string variable_of(const setting& s) {
  std::string name = "PAWL_";
  for (const char c : s.key) {
    name += c == '-' ? '_' : static_cast<char>(c - 'a' + 'A');
  }
  return name;
}

}  // namespace pawl::config
