#include "pg/url.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "pg/bad_string.hpp"

namespace pawl::pg {
namespace {

constexpr auto npos = std::string_view::npos;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_unreserved(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The byte of the `%XX` at `at`; nothing if there is none that libpq takes.
std::optional<char> escaped_at(std::string_view text, std::size_t at) {
  if (at + 2 >= text.size()) return std::nullopt;
  const int high = hex_value(text[at + 1]);
  const int low = hex_value(text[at + 2]);
  if (high < 0 || low < 0 || high + low == 0) return std::nullopt;
  return static_cast<char>(high * 16 + low);
}

// Each character of `suspects` that stands raw in `text`, once; `%` only where it escapes nothing.
std::string raw_characters(std::string_view text, std::string_view suspects) {
  std::string found;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (suspects.find(text[i]) == npos || found.find(text[i]) != npos) continue;
    if (text[i] == '%' && escaped_at(text, i)) continue;
    found += text[i];
  }
  return found;
}

std::string join_quoted(std::string_view characters) {
  std::string text;
  for (const char c : characters) text += fmt::format("{}`{}`", text.empty() ? "" : " and ", c);
  return text;
}

std::string join_encoded(std::string_view characters) {
  std::string text;
  for (const char c : characters) {
    text += fmt::format("{}`{}` as {}", text.empty() ? "" : " and ", c,
                        percent_encode(std::string_view(&c, 1)));
  }
  return text;
}

// "host:5432/database" if `text` is nothing else.
bool is_plain_target(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return is_unreserved(c) || c == ':' || c == '/' || c == ',';
  });
}

// Where user and password end when the last `@` is meant, and what may be shown of the rest.
struct guess {
  std::string_view user;
  std::string_view password;
  bool has_password = false;
  std::string_view target;  // empty when it cannot be told from the password
};

guess guess_parts(std::string_view rest) {
  const std::size_t at = rest.rfind('@');
  guess g;
  const std::string_view userinfo = rest.substr(0, at == npos ? 0 : at);
  const std::size_t colon = userinfo.find(':');
  g.user = userinfo.substr(0, colon);
  g.has_password = colon != npos;
  if (g.has_password) g.password = userinfo.substr(colon + 1);

  // Behind a `?` an `@` may end the password or belong to a parameter: either reading would show a
  // piece of the password if it is the wrong one.
  if (at == npos || userinfo.find('?') != npos) return g;
  const std::string_view target = rest.substr(at + 1, rest.find('?', at) - at - 1);
  if (is_plain_target(target)) g.target = target;
  return g;
}

std::string encoded_form(const guess& g) {
  const bool user_known = !g.user.empty() && g.user.size() < 64 && g.user.find('?') == npos;
  const std::string user =
      user_known ? percent_encode(percent_decode(g.user).value_or("user")) : "user";
  return fmt::format("postgresql://{}{}@{}", user, g.has_password ? ":***" : "",
                     g.target.empty() ? "host:5432/database" : g.target);
}

error unescaped(std::string_view rest, std::string_view suspects) {
  const guess g = guess_parts(rest);
  std::string_view where = "the password";
  std::string found = raw_characters(g.password, suspects);
  if (found.empty()) {
    where = "the user name";
    found = raw_characters(g.user, suspects);
  }
  if (found.empty()) {
    where = "the connection string";
    found = raw_characters(rest, suspects);
  }
  return bad_string(fmt::format("{} holds a raw {}", where, join_quoted(found)),
                    fmt::format("Write {}: {}", join_encoded(found), encoded_form(g)));
}

bool has_bad_port(std::string_view hosts) {
  while (true) {
    const std::string_view host = hosts.substr(0, hosts.find(','));
    const std::size_t bracket = host.rfind(']');
    const bool open_bracket = host.starts_with('[') && bracket == npos;
    const std::size_t colon = host.find(':', bracket == npos ? 0 : bracket);
    if (!open_bracket && colon != npos) {
      const std::string_view port = host.substr(colon + 1);
      if (!std::all_of(port.begin(), port.end(), is_digit)) return true;
    }
    if (host.size() == hosts.size()) return false;
    hosts.remove_prefix(host.size() + 1);
  }
}

url_parts cut(std::string_view rest) {
  url_parts parts;
  std::size_t at = rest.substr(0, rest.find('/')).find('@');
  // An `@` in a query of a URL without a path: libpq would take all before it for the user.
  if (at != npos && rest.substr(0, rest.substr(0, at).find(':')).find('?') < at) at = npos;
  if (at != npos) {
    parts.userinfo = rest.substr(0, at);
    const std::size_t colon = parts.userinfo.find(':');
    if (colon != npos) parts.password = parts.userinfo.substr(colon + 1);
    rest.remove_prefix(at + 1);
  }
  const std::size_t question = rest.find('?');
  if (question != npos) parts.query = rest.substr(question + 1);
  rest = rest.substr(0, question);
  const std::size_t slash = rest.find('/');
  if (slash != npos) parts.path = rest.substr(slash);
  parts.hosts = rest.substr(0, slash);
  return parts;
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    const std::optional<char> byte = escaped_at(text, i);
    if (!byte) return std::nullopt;
    decoded += *byte;
    i += 2;
  }
  return decoded;
}

std::string percent_encode(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    if (is_unreserved(c)) {
      encoded += c;
    } else {
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return encoded;
}

result<url_parts> split_url(std::string_view rest) {
  url_parts parts = cut(rest);

  constexpr std::string_view separators = "@/?#[]%";
  const bool at_later = parts.path.find('@') != npos || parts.query.find('@') != npos;
  if (parts.hosts.find('@') != npos || parts.path.find('@') != npos) {
    return unescaped(rest, separators);
  }
  if (has_bad_port(parts.hosts)) {
    if (at_later) return unescaped(rest, separators);
    return bad_string(
        "the port is not a number",
        "Write postgresql://user:password@host:5432/database, with `@`, `/`, `:`, `#` "
        "and `%` of the password as %40, %2F, %3A, %23 and %25.");
  }
  if (!percent_decode(rest)) return unescaped(rest, "%");

  const std::string accepted = raw_characters(parts.password, "#:?[]");
  if (!accepted.empty()) {
    parts.warning =
        fmt::format("the password holds a raw {}, which other programs refuse: write {}",
                    join_quoted(accepted), join_encoded(accepted));
  }
  return parts;
}

}  // namespace pawl::pg
