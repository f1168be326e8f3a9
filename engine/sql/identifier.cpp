#include "sql/identifier.hpp"

#include <algorithm>

#include "sql/limits.hpp"
#include "sql/tokens.hpp"

namespace pawl::sql {
namespace {

bool is_name(const token& t, bool first) {
  if (t.kind == token_kind::ident) return true;
  if (t.keyword == keyword_kind::none) return false;
  return !first || t.keyword == keyword_kind::unreserved || t.keyword == keyword_kind::column_name;
}

std::string folded(std::string_view text) {
  if (!text.starts_with('"')) return lower_case(text);
  std::string name;
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    if (text[i] == '"') ++i;  // doubled: "" stands for one
    name += text[i];
  }
  return name;
}

}  // namespace

std::string lower_case(std::string_view text) {
  std::string folded(text);
  for (char& c : folded) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return folded;
}

bool is_label_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.' || c == '-';
}

std::optional<std::vector<written_name>> read_names(std::string_view text) {
  const auto tokens = scan_text(text);
  if (!tokens || tokens->empty()) return std::nullopt;
  std::vector<written_name> names(1);
  std::size_t begin = tokens->front().at.begin;
  bool want_name = true;
  for (const token& t : *tokens) {
    if (want_name) {
      if (!is_name(t, names.back().parts.empty())) return std::nullopt;
      const std::string name = folded(text.substr(t.at.begin, t.at.end - t.at.begin));
      if (name.empty() || name.size() > name_bytes_max) return std::nullopt;
      if (names.back().parts.empty()) begin = t.at.begin;
      names.back().parts.push_back(name);
      names.back().text = text.substr(begin, t.at.end - begin);
    } else if (t.kind == token_kind::comma) {
      names.emplace_back();
    } else if (t.kind != token_kind::dot) {
      return std::nullopt;
    }
    want_name = !want_name;
  }
  if (want_name) return std::nullopt;
  return names;
}

std::string quote_identifier(std::string_view name) {
  const auto plain = read_names(name);
  if (plain && plain->size() == 1 && plain->front().parts == std::vector{std::string(name)} &&
      plain->front().text == name) {
    return std::string(name);
  }
  std::string quoted = "\"";
  for (const char c : name) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

}  // namespace pawl::sql
