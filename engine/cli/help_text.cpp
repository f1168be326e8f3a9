#include "cli/help_text.hpp"

#include <algorithm>

namespace pawl::cli {

namespace {

constexpr std::size_t columns_max = 80;
// The longest name that stands beside its meaning is "  --max-duration DURATION".
constexpr std::size_t left_columns = 27;

std::string new_line() {
  return '\n' + std::string(left_columns, ' ');
}

}  // namespace

std::string help_entry(std::string_view name, std::string_view meaning) {
  std::string text = "  " + std::string{name};
  if (text.size() < left_columns) {
    text.resize(left_columns, ' ');
  } else {
    text += new_line();
  }
  std::size_t column = left_columns;
  for (std::size_t at = 0; at < meaning.size();) {
    const auto end = std::min(meaning.find(' ', at), meaning.size());
    const auto word = meaning.substr(at, end - at);
    if (column + 1 + word.size() > columns_max) {
      text += new_line();
      column = left_columns;
    } else if (column > left_columns) {
      text += ' ';
      ++column;
    }
    text += word;
    column += word.size();
    at = end + 1;
  }
  return text + '\n';
}

}  // namespace pawl::cli
