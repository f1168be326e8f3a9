#include "pg/conninfo.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <memory>

#include "pg/bad_string.hpp"
#include "pg/foreign_parameters.hpp"
#include "pg/tls_defaults.hpp"
#include "pg/url.hpp"

namespace pawl::pg {
namespace {

constexpr auto npos = std::string_view::npos;

constexpr std::string_view accepted_forms =
    "Write postgresql://user@host:5432/database, or host=... dbname=... user=..., or service=...";

error refused(std::string message, std::string_view hint = accepted_forms) {
  return bad_string(std::move(message), std::string(hint));
}

// libpq's own words quote the string, so only their kind is passed on.
error unreadable(std::string_view libpq_message) {
  if (libpq_message.starts_with("missing \"=\"")) {
    return refused("a keyword has no `=`",
                   "Write keyword=value; put a value with blanks into single quotes.");
  }
  if (libpq_message.starts_with("unterminated quoted string")) {
    return refused("a single quote is not closed",
                   "Close it, or write a quote that belongs to the value as \\'.");
  }
  if (libpq_message.starts_with("invalid connection option")) {
    return refused("a keyword is not one that libpq knows",
                   "Check the spelling; put a value with blanks into single quotes.");
  }
  return refused("libpq cannot read the connection string");
}

result<std::map<std::string, std::string>> ask_libpq(const std::string& text) {
  char* message = nullptr;
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
      PQconninfoParse(text.c_str(), &message), &PQconninfoFree);
  const std::unique_ptr<char, decltype(&PQfreemem)> owned(message, &PQfreemem);
  if (!options) return unreadable(message == nullptr ? "" : message);

  std::map<std::string, std::string> values;
  for (const PQconninfoOption* o = options.get(); o->keyword != nullptr; ++o) {
    if (o->val != nullptr && *o->val != '\0') values[o->keyword] = o->val;
  }
  return values;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == npos) return {};
  text = text.substr(first, text.find_last_not_of(blanks) - first + 1);
  // `docker --env-file` and YAML keep the quotes that a shell would take away.
  const bool quoted = text.size() > 1 && text.front() == text.back() &&
                      (text.front() == '"' || text.front() == '\'');
  return quoted ? text.substr(1, text.size() - 2) : text;
}

// "jdbc:postgresql" of "jdbc:postgresql://..."; nothing if the text is no URL.
std::optional<std::string> scheme_of(std::string_view text) {
  const std::size_t end = text.find("://");
  if (end == npos) return std::nullopt;
  std::string scheme;
  for (const char c : text.substr(0, end)) {
    const bool upper = c >= 'A' && c <= 'Z';
    const bool lower = c >= 'a' && c <= 'z';
    const bool other = (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.' || c == ':';
    if (!upper && !lower && !other) return std::nullopt;
    scheme += upper ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return scheme;
}

std::optional<error> check_scheme(std::string_view scheme) {
  if (scheme.starts_with("jdbc:")) scheme.remove_prefix(5);
  if (scheme == "prisma" || scheme == "prisma+postgres") {
    return refused("this address leads to a service of Prisma's, not to PostgreSQL",
                   "Give the database's own address: postgresql://user@host:5432/database.");
  }
  const std::string_view base = scheme.substr(0, scheme.find('+'));
  constexpr std::array<std::string_view, 6> postgres{"postgres", "postgresql", "postgis",
                                                     "pgsql",    "psql",       "ecto"};
  if (std::find(postgres.begin(), postgres.end(), base) != postgres.end()) return std::nullopt;
  return refused("the URL's scheme is not one of PostgreSQL's");
}

result<conninfo> read_url(std::string_view rest) {
  auto parts = split_url(rest);
  if (!parts) return parts.error();
  auto query = translate_query(parts->query);
  if (!query) return query.error();

  const std::string_view at = parts->userinfo.data() == nullptr ? "" : "@";
  auto values = ask_libpq(fmt::format("postgresql://{}{}{}{}?{}", parts->userinfo, at, parts->hosts,
                                      parts->path, query->kept));
  if (!values) return values.error();

  conninfo c{.values = std::move(*values),
             .search_path = std::move(query->search_path),
             .pooled = query->pooled,
             .warnings = std::move(query->warnings),
             .origin = {}};
  for (auto& [keyword, value] : query->values) c.values[keyword] = std::move(value);
  if (parts->warning) c.warnings.insert(c.warnings.begin(), std::move(*parts->warning));
  return c;
}

result<conninfo> read_keywords(std::string_view text) {
  if (text.find('=') == npos) return refused("this is neither a URL nor keyword=value");
  auto values = ask_libpq(std::string(text));
  if (!values) return values.error();
  return conninfo{.values = std::move(*values),
                  .search_path = std::nullopt,
                  .pooled = false,
                  .warnings = {},
                  .origin = {}};
}

result<conninfo> read(std::string_view text) {
  text = trimmed(text);
  if (text.empty()) return refused("the connection string is empty");
  if (text.find('\0') != npos) return refused("the connection string holds a NUL byte");

  const std::optional<std::string> scheme = scheme_of(text);
  if (!scheme) return read_keywords(text);
  if (auto failure = check_scheme(*scheme)) return *failure;
  return read_url(text.substr(scheme->size() + 3));
}

std::string value_of(const conninfo& c, const char* keyword) {
  const auto found = c.values.find(keyword);
  return found == c.values.end() ? std::string() : found->second;
}

// Transaction poolers that can be told by their address: Supabase's port, Neon's host name.
bool looks_pooled(const conninfo& c, const environment& env) {
  const std::string host = effective(c, "host", env, "PGHOST");
  const std::string label = host.substr(0, host.find('.'));
  return effective(c, "port", env, "PGPORT") == "6543" || label.ends_with("-pooler");
}

std::optional<error> complete(conninfo& c, const environment& env) {
  // libpq may expand such a name into further settings, past everything that is checked here.
  if (value_of(c, "dbname").find("://") != npos) {
    return refused("the database name is a connection string itself");
  }
  c.pooled = c.pooled || looks_pooled(c, env);
  return apply_tls_defaults(c, env);
}

std::optional<std::string> nothing_set(std::string_view) {
  return std::nullopt;
}

}  // namespace

result<conninfo> parse(std::string_view text, std::string_view origin, const environment& env) {
  auto c = read(text);
  std::optional<error> failure = c ? complete(*c, env ? env : nothing_set) : c.error();
  if (failure) {
    failure->message = fmt::format("{}: {}", origin, failure->message);
    return *failure;
  }
  c->origin = origin;
  return c;
}

std::string describe(const conninfo& c) {
  std::string place;
  if (const std::string service = value_of(c, "service"); !service.empty()) {
    place = "service " + service;
  }
  std::string host = value_of(c, "host");
  if (host.empty()) host = value_of(c, "hostaddr");
  const std::string port = value_of(c, "port");
  const std::string database = value_of(c, "dbname");
  const std::string user = value_of(c, "user");
  if (host.find(':') != npos && host.find_first_of(",/") == npos) host = '[' + host + ']';
  if (!host.empty()) place = (host.front() == '/' ? "socket " : "") + host;
  if (!port.empty()) place += ':' + port;
  if (!database.empty()) place += '/' + database;
  if (!user.empty()) place += (place.empty() ? "as " : " as ") + user;
  return redact(place.empty() ? c.origin : place);
}

}  // namespace pawl::pg
