#include "plan/key.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

namespace pawl::plan {

namespace {

std::string row_of(const key& k) {
  return k.size() == 1 ? k.front().text : fmt::format("({})", column_list(k));
}

std::string parameters(const key& k, int first) {
  std::string text;
  for (std::size_t i = 0; i < k.size(); ++i) {
    text += fmt::format("{}${}::{}", i == 0 ? "" : ", ", first + static_cast<int>(i), k[i].type);
  }
  return k.size() == 1 ? text : '(' + text + ')';
}

// The bound on the leading column that a row comparison implies.
std::string leading(const key& k, std::string_view symbol, int first) {
  return k.size() == 1
             ? std::string{}
             : fmt::format(" AND {} {}= ${}::{}", k.front().text, symbol, first, k.front().type);
}

std::optional<double> number(const std::string& text) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  return end == text.c_str() || *end != '\0' ? std::nullopt : std::optional{value};
}

}  // namespace

std::string range_condition(const key& k, bool has_lower, int first) {
  std::string text = "(";
  int next = first;
  if (has_lower) {
    text += fmt::format("{} > {}{} AND ", row_of(k), parameters(k, next), leading(k, ">", next));
    next += static_cast<int>(k.size());
  }
  text += fmt::format("{} <= {}{}", row_of(k), parameters(k, next), leading(k, "<", next));
  return text + ')';
}

std::string column_list(const key& k, std::string_view direction) {
  std::string text;
  for (const auto& column : k) {
    text += fmt::format("{}{}{}", text.empty() ? "" : ", ", column.text, direction);
  }
  return text;
}

std::string printed_columns(const key& k) {
  std::string text;
  for (const auto& column : k) {
    text += fmt::format("{}{}::pg_catalog.text", text.empty() ? "" : ", ", column.text);
  }
  return text;
}

double position_in(const std::vector<std::string>& histogram, int bucket, std::string_view value) {
  const auto last = static_cast<int>(histogram.size()) - 1;
  if (last < 1 || bucket <= 0) {
    return 0.0;
  }
  if (bucket > last) {
    return 1.0;
  }
  double inside = 0.0;
  const auto low = number(histogram[static_cast<std::size_t>(bucket) - 1]);
  const auto high = number(histogram[static_cast<std::size_t>(bucket)]);
  const auto at = number(std::string{value});
  if (low && high && at && *high > *low) {
    inside = std::clamp((*at - *low) / (*high - *low), 0.0, 1.0);
  }
  return (bucket - 1 + inside) / last;
}

}  // namespace pawl::plan
