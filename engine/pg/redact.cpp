#include <algorithm>
#include <array>
#include <cctype>

#include "pg/conninfo.hpp"

namespace pawl::pg {
namespace {

constexpr auto npos = std::string_view::npos;
constexpr std::string_view hidden = "***";

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Adds to `ends` where a spelling of `c` that begins at `at` ends: plain, after a backslash as in a
// quoted value, or as %XX.
void add_spellings(std::string_view text, std::size_t at, char c, std::vector<std::size_t>& ends) {
  if (at >= text.size()) return;
  if (text[at] == c) ends.push_back(at + 1);
  if (text[at] == '\\' && at + 1 < text.size() && text[at + 1] == c) ends.push_back(at + 2);
  if (text[at] != '%' || at + 2 >= text.size()) return;
  const int high = hex_value(text[at + 1]);
  const int low = hex_value(text[at + 2]);
  if (high >= 0 && low >= 0 && static_cast<char>(high * 16 + low) == c) ends.push_back(at + 3);
}

// How many bytes of `text` at `at` spell `secret`, 0 if none do. All spellings are followed at
// once: in "%25" a `%` may stand for itself or begin its own encoded form.
std::size_t secret_length(std::string_view text, std::size_t at, std::string_view secret) {
  std::vector<std::size_t> ends{at};
  for (const char c : secret) {
    std::vector<std::size_t> next;
    for (const std::size_t end : ends) add_spellings(text, end, c, next);
    if (next.empty()) return 0;
    std::sort(next.begin(), next.end());
    next.erase(std::unique(next.begin(), next.end()), next.end());
    ends = std::move(next);
  }
  return ends.back() - at;
}

std::string hide_secrets(std::string_view text, const std::vector<std::string_view>& secrets) {
  std::string shown;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t longest = 0;
    for (const std::string_view secret : secrets) {
      longest = std::max(longest, secret_length(text, i, secret));
    }
    if (longest == 0) {
      shown += text[i++];
    } else {
      shown += hidden;
      i += longest;
    }
  }
  return shown;
}

std::size_t find_ignoring_case(std::string_view text, std::string_view word, std::size_t from) {
  const auto same = [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; };
  const auto begin = text.begin() + static_cast<std::ptrdiff_t>(std::min(from, text.size()));
  const auto found = std::search(begin, text.end(), word.begin(), word.end(), same);
  return found == text.end() ? npos : static_cast<std::size_t>(found - text.begin());
}

std::size_t end_of_value(std::string_view text, std::size_t at) {
  if (at < text.size() && text[at] == '\'') {
    for (++at; at < text.size() && text[at] != '\''; ++at) {
      if (text[at] == '\\') ++at;
    }
    return std::min(at + 1, text.size());
  }
  return std::min(text.find_first_of(" \t\r\n", at), text.size());
}

// `password = value`, also as the end of a longer name (sslpassword, PGPASSWORD). In a URL the
// parameters that follow go as well: an `&` may belong to the password.
std::string hide_assignments(std::string_view text) {
  constexpr std::string_view word = "password";
  std::string shown;
  std::size_t done = 0;
  for (std::size_t at = find_ignoring_case(text, word, 0); at != npos;
       at = find_ignoring_case(text, word, at)) {
    at += word.size();
    const std::size_t equals = text.find_first_not_of(' ', at);
    if (equals == npos || text[equals] != '=') continue;
    const std::size_t value = std::min(text.find_first_not_of(' ', equals + 1), text.size());
    shown.append(text.substr(done, equals + 1 - done)).append(hidden);
    at = done = end_of_value(text, value);
  }
  return shown.append(text.substr(done));
}

// `//user:password@`. A raw password may hold anything, so the last `@` of the line ends it: too
// much is hidden rather than too little.
std::string hide_userinfo(std::string_view text) {
  std::string shown;
  std::size_t done = 0;
  for (std::size_t at = text.find("//"); at != npos; at = text.find("//", at)) {
    at += 2;
    const std::string_view line = text.substr(at, text.find('\n', at) - at);
    const std::size_t last_at = line.rfind('@');
    const std::size_t colon = line.find(':');
    if (last_at == npos || colon > last_at) continue;
    shown.append(text.substr(done, at + colon + 1 - done)).append(hidden);
    at = done = at + last_at;
  }
  return shown.append(text.substr(done));
}

// What libpq says about a connection string that it cannot read, and then quotes a piece of it.
constexpr std::string_view port_phrase = "invalid port number: ";
constexpr std::array<std::string_view, 10> quoting_phrases{
    "percent-encoded token: ",     "percent-encoded value: ",   "missing \"=\" after ",
    "invalid connection option ",  "URI query parameter: ",     "in URI: ",
    "(expected \":\" or \"/\"): ", "internal parser routine: ", port_phrase,
    "invalid integer value "};

// A port that is a number, which libpq finds too large. It is shown with the host anyway.
bool quotes_a_number(std::string_view text) {
  const std::size_t end = text.find_first_not_of("0123456789", 1);
  return text.starts_with('"') && end != npos && end > 1 && text[end] == '"';
}

std::string hide_quoted(std::string_view text) {
  std::size_t first = npos;
  for (const std::string_view phrase : quoting_phrases) {
    const std::size_t at = text.find(phrase);
    if (at == npos) continue;
    if (phrase == port_phrase && quotes_a_number(text.substr(at + phrase.size()))) continue;
    first = std::min(first, at + phrase.size());
  }
  if (first == npos || first >= text.size() || text[first] != '"') return std::string(text);
  // The piece may hold quotes itself, so that only the last one is sure to be libpq's.
  const std::size_t last = text.rfind('"');
  std::string shown(text.substr(0, first + 1));
  shown.append(hidden);
  return last > first ? shown.append(text.substr(last)) : shown;
}

}  // namespace

std::string redact(std::string_view text) {
  return hide_userinfo(hide_assignments(hide_quoted(text)));
}

std::string redact(std::string_view text, const conninfo& c) {
  std::vector<std::string_view> secrets;
  for (const char* keyword : {"password", "sslpassword"}) {
    const auto found = c.values.find(keyword);
    if (found != c.values.end() && !found->second.empty()) secrets.push_back(found->second);
  }
  return redact(hide_secrets(text, secrets));
}

}  // namespace pawl::pg
