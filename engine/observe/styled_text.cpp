#include "observe/styled_text.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "observe/visible_text.hpp"

namespace pawl::observe {
namespace {

std::string_view sequence_of(style look) {
  switch (look) {
    case style::plain:
      return "";
    case style::strong:
      return "\x1b[1m";
    case style::quiet:
      return "\x1b[2m";
    case style::good:
      return "\x1b[32m";
    case style::warning:
      return "\x1b[33m";
    case style::bad:
      return "\x1b[31m";
  }
  return "";
}

constexpr int text_columns_min = 20;

// A word that is longer than a line has one of its own and is not cut: it may be a path or a
// command that somebody copies.
std::vector<std::string> broken(std::string_view text, int columns) {
  std::vector<std::string> parts(1);
  int width = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' ', text.find_first_not_of(' ')), text.size());
    const std::string_view word = text.substr(0, end);
    if (width > 0 && width + width_of(word) > columns) {
      parts.emplace_back();
      width = 0;
    }
    const std::size_t blanks = width == 0 && parts.size() > 1 ? word.find_first_not_of(' ') : 0;
    const std::string_view kept = word.substr(std::min(blanks, word.size()));
    parts.back() += kept;
    width += width_of(kept);
    text.remove_prefix(end);
  }
  return parts;
}

}  // namespace

std::string render(const styled_line& line, bool colour) {
  std::string text;
  for (const span& s : line) {
    const bool coloured = colour && s.look != style::plain;
    text += coloured ? sequence_of(s.look) : std::string_view{};
    text += s.text;
    text += coloured ? "\x1b[0m" : "";
  }
  return text;
}

int width_of(const styled_line& line) {
  int width = 0;
  for (const span& s : line) {
    width += width_of(s.text);
  }
  return width;
}

std::vector<styled_line> folded(const std::vector<styled_line>& lines, int columns) {
  std::vector<styled_line> result;
  for (const styled_line& line : lines) {
    const int indent = line.size() == 2 ? width_of(line[0].text) : columns;
    if (columns - indent < text_columns_min || width_of(line) < columns) {
      result.push_back(line);
      continue;
    }
    span label = line[0];
    for (std::string& part : broken(line[1].text, columns - 1 - indent)) {
      result.push_back({label, {std::move(part), line[1].look}});
      label.text.assign(static_cast<std::size_t>(indent), ' ');
    }
  }
  return result;
}

std::string joined(const std::vector<styled_line>& lines, bool colour) {
  std::string text;
  for (const styled_line& line : lines) {
    text += render(line, colour) + "\n";
  }
  return text;
}

}  // namespace pawl::observe
