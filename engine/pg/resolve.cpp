#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "pg/bad_string.hpp"
#include "pg/conninfo.hpp"

namespace pawl::pg {
namespace {

// A set of variables, and what is said of those that are not the process's own.
struct variables {
  environment get;
  std::string_view suffix;
};

std::optional<std::string> non_empty(const environment& get, std::string_view name) {
  auto value = get(name);
  if (value && value->find_first_not_of(" \t\r\n") == std::string::npos) value.reset();
  return value;
}

result<conninfo> parse_variable(const variables& from, std::string_view name,
                                const std::string& value, const environment& env) {
  const std::string origin = fmt::format("{}{}", name, from.suffix);
  if (!from.suffix.empty() && value.find("${") != std::string::npos) {
    return bad_string(fmt::format("{}: it refers to a variable that the file does not set", origin),
                      "Write the value out, or set the variable further up in the file.");
  }
  return parse(value, origin, env);
}

// Nothing if none of the variables is set. A direct address is taken only from the place that the
// pooled one is from: elsewhere it may be that of another database.
std::optional<result<conninfo>> from_urls(const variables& from, const environment& env) {
  for (const std::string_view name : {"PAWL_DATABASE_URL", "DATABASE_URL"}) {
    const auto value = non_empty(from.get, name);
    if (!value) continue;
    auto c = parse_variable(from, name, *value, env);
    const auto direct = non_empty(from.get, "DIRECT_URL");
    if (name == "DATABASE_URL" && c && c->pooled && direct) {
      return parse_variable(from, "DIRECT_URL", *direct, env);
    }
    return c;
  }
  return std::nullopt;
}

error no_connection(std::string message, std::string hint) {
  error e;
  e.code = errc::no_connection;
  e.message = std::move(message);
  e.hint = std::move(hint);
  return e;
}

result<conninfo> from_named(const std::string& name, const std::array<variables, 2>& places,
                            const environment& env) {
  const bool valid = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
  if (!valid) {
    error wrong_call;
    wrong_call.code = errc::usage;
    wrong_call.message = "--db-env takes the name of a variable";
    wrong_call.hint = "Write --db-env NAME, or --db for a connection string.";
    return wrong_call;
  }
  for (const variables& from : places) {
    if (const auto value = non_empty(from.get, name))
      return parse_variable(from, name, *value, env);
  }
  return no_connection(fmt::format("the variable {} of --db-env is not set", name),
                       fmt::format("Type export {}=postgresql://user@host/database", name));
}

result<conninfo> from_configured(const configured& c, std::array<variables, 2> places,
                                 const environment& env) {
  if (c.url) return parse(*c.url, c.origin, env);
  if (!c.variable) {
    if (auto found = from_urls(places.back(), env)) return std::move(*found);
    return no_connection(fmt::format("the env-file of {} sets no DATABASE_URL", c.origin),
                         "Add the line DATABASE_URL=postgresql://user@host/database to it.");
  }
  if (c.own_file) std::swap(places.front(), places.back());
  for (const variables& from : places) {
    if (const auto value = non_empty(from.get, *c.variable))
      return parse_variable(from, *c.variable, *value, env);
  }
  return no_connection(fmt::format("the variable {} of {} is not set", *c.variable, c.origin),
                       fmt::format("Type export {}=postgresql://user@host/database", *c.variable));
}

}  // namespace

result<conninfo> resolve(const sources& from) {
  const environment env =
      from.env ? from.env : [](std::string_view) { return std::optional<std::string>(); };
  if (from.flag) return parse(*from.flag, "--db", env);

  const auto file = read_env_file(from.env_file);
  const auto file_lookup = [&file](std::string_view name) -> std::optional<std::string> {
    const auto found = file.find(std::string(name));
    return found == file.end() ? std::nullopt : std::optional(found->second);
  };
  const std::array<variables, 2> places{variables{env, ""}, variables{file_lookup, " in .env"}};
  if (from.db_env) return from_named(*from.db_env, places, env);
  if (from.profile) return from_configured(*from.profile, places, env);
  for (const variables& place : places) {
    if (auto found = from_urls(place, env)) return std::move(*found);
  }
  if (from.connection) return from_configured(*from.connection, places, env);

  for (const char* name : {"PGHOST", "PGHOSTADDR", "PGSERVICE", "PGDATABASE", "PGUSER", "PGPORT"}) {
    if (non_empty(env, name)) return parse("postgresql://", "PG* environment", env);
  }
  return no_connection(
      "no database is named: --db, PAWL_DATABASE_URL, DATABASE_URL and PGHOST are not set",
      "Start a private server, or name yours:\n"
      "  pawl sandbox up\n"
      "  export DATABASE_URL=postgresql://user@host/database");
}

}  // namespace pawl::pg
