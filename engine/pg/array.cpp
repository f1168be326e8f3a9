#include "pg/array.hpp"

namespace pawl::pg {

std::string to_array(const std::vector<std::string>& elements) {
  std::string text = "{";
  for (const auto& element : elements) {
    if (text.size() > 1) {
      text += ',';
    }
    text += '"';
    for (const char c : element) {
      if (c == '"' || c == '\\') {
        text += '\\';
      }
      text += c;
    }
    text += '"';
  }
  return text + '}';
}

namespace {

// Reads one element at `at`, which ends on the separator behind it.
std::optional<std::string> read_element(std::string_view text, std::size_t& at) {
  std::string element;
  const bool quoted = at < text.size() && text[at] == '"';
  at += quoted ? 1 : 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (quoted && c == '"') {
      ++at;
      return element;
    }
    if (!quoted && (c == ',' || c == '}')) {
      return element == "NULL" || element.empty() ? std::nullopt : std::optional{element};
    }
    if (c == '\\' && at + 1 < text.size()) {
      element += text[++at];
    } else {
      element += c;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::vector<std::string>> from_array(std::string_view text) {
  std::vector<std::string> elements;
  if (text == "{}") {
    return elements;
  }
  if (text.size() < 2 || text.front() != '{') {
    return std::nullopt;
  }
  for (std::size_t at = 1; at < text.size(); ++at) {
    auto element = read_element(text, at);
    if (!element || at >= text.size()) {
      return std::nullopt;
    }
    elements.push_back(std::move(*element));
    if (text[at] == '}') {
      return at + 1 == text.size() ? std::optional{elements} : std::nullopt;
    }
    if (text[at] != ',') {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

}  // namespace pawl::pg
