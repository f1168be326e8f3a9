#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "lint/naming.hpp"
#include "lint/rules.hpp"
#include "sql/identifier.hpp"
#include "sql/limits.hpp"

namespace pawl::lint {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// `a<x>b`: literal text with gaps of at least one character.
bool fits(std::string_view name, std::string_view pattern) {
  const std::size_t open = pattern.find('<');
  if (open == std::string_view::npos) return name == pattern;
  if (name.substr(0, open) != pattern.substr(0, open)) return false;
  const std::size_t close = pattern.find('>', open);
  if (close == std::string_view::npos) return name == pattern;
  for (std::size_t end = open + 1; end <= name.size(); ++end) {
    if (fits(name.substr(end), pattern.substr(close + 1))) return true;
  }
  return false;
}

std::vector<std::string> words_in(std::string_view name) {
  std::vector<std::string> words(1);
  for (const char c : name) {
    if (c == '_' || c == '-' || c == ' ') {
      words.emplace_back();
    } else {
      words.back() += c;
    }
  }
  return words;
}

// "20240131", "2024", as a word of its own.
bool is_date(const std::string& word) {
  const bool digits = !word.empty() && std::all_of(word.begin(), word.end(), is_digit);
  return digits && (word.size() == 8 || word.size() == 6 ||
                    (word.size() == 4 && (word.starts_with("19") || word.starts_with("20"))));
}

}  // namespace

const std::vector<std::string>& usual_patterns() {
  static const std::vector<std::string> all{"add_<field>_to_<table>",
                                            "remove_<field>_from_<table>",
                                            "rename_<old>_to_<new>_in_<table>",
                                            "create_<table>",
                                            "drop_<table>",
                                            "add_index_<column>_<table>",
                                            "enable_rls_<table>",
                                            "migrate_<description>"};
  return all;
}

std::string_view described(std::string_view name) {
  const std::size_t digits =
      static_cast<std::size_t>(std::find_if_not(name.begin(), name.end(), is_digit) - name.begin());
  if (digits == 0) return name;
  name.remove_prefix(digits);
  if (name.starts_with('_')) name.remove_prefix(1);
  return name;
}

std::optional<std::string> why_vague(std::string_view name) {
  static const std::vector<std::string> empty_words{
      "update",       "updates", "change",   "changes",   "fix",     "fixes",    "misc",
      "schema",       "db",      "database", "migration", "migrate", "init",     "new",
      "tmp",          "temp",    "test",     "wip",       "stuff",   "refactor", "improve",
      "improvements", "cleanup", "clean",    "up",        "final",   "v2"};
  const std::string lower = sql::lower_case(name);
  const std::vector<std::string> words = words_in(lower);
  for (const std::string& word : words) {
    if (is_date(word)) return fmt::format("\"{}\" is a date, which the stamp says already", word);
  }
  const bool all_empty = std::all_of(words.begin(), words.end(), [&](const std::string& word) {
    return word.empty() || holds(empty_words, word) ||
           std::all_of(word.begin(), word.end(), is_digit);
  });
  if (all_empty) return fmt::format("\"{}\" does not say what is changed", name);
  return std::nullopt;
}

void check_name(context& c, const unit& u, const naming& rules, std::string_view migration) {
  const std::string_view name = described(migration);
  if (rules.refuse_vague) {
    if (const auto why = why_vague(name)) {
      c.tell(u, "N2", 0, {*why, {}, "a name such as add_currency_to_orders"});
    }
  }
  if (rules.patterns.empty()) return;
  const bool fine = std::any_of(rules.patterns.begin(), rules.patterns.end(),
                                [&](const std::string& pattern) { return fits(name, pattern); });
  if (fine) return;
  std::string list;
  for (const std::string& pattern : rules.patterns) list += (list.empty() ? "" : ", ") + pattern;
  c.tell(u, "N1", 0, {fmt::format("the name \"{}\" fits none of the patterns", name), {}, list});
}

namespace {

// As PostgreSQL cuts: never inside of a character.
std::string cut_name(const std::string& name) {
  std::size_t end = sql::name_bytes_max;
  while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xC0U) == 0x80U) --end;
  return name.substr(0, end);
}

}  // namespace

void check_names(context& c, const unit& u) {
  std::map<std::string, std::string> cut;  // what is left -> the whole name
  for (const sql::token& t : u.written->tokens) {
    if (t.at.end - t.at.begin <= sql::name_bytes_max) continue;
    if (t.kind != sql::token_kind::ident) continue;
    std::string name(c.text_of(t.at));
    if (name.starts_with('"')) name = name.substr(1, name.size() - 2);
    if (name.size() <= sql::name_bytes_max) continue;
    const std::string left = cut_name(name);
    const auto [other, is_first] = cut.emplace(left, name);
    const bool collides = !is_first && other->second != name;
    if (!is_first && !collides) continue;
    c.tell(u, "L93", t.at.begin,
           {collides ? fmt::format("two names of this statement are the same once cut to {}", left)
                     : fmt::format("PostgreSQL cuts this name to {}", left),
            {},
            "a name of at most 63 bytes"},
           collides ? std::optional(severity::error) : std::nullopt);
  }
}

}  // namespace pawl::lint
