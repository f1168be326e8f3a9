// Connection settings: what people paste in, turned into what libpq takes. Pure: the environment
// and the text of `.env` come in as arguments.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <pawl/error.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::pg {

// An immutable set of libpq keywords and values, from which every connection of a run is made.
struct conninfo {
  std::map<std::string, std::string> values;  // libpq keywords, never foreign ones
  // From Prisma's `schema` and the like: ready for set_config(), identifiers quoted where needed.
  std::optional<std::string> search_path;
  bool pooled = false;                // through a transaction pooler: pgbouncer=true, port, host
  std::vector<std::string> warnings;  // one line each, without secrets
  std::string origin;                 // "--db", "DATABASE_URL", "DATABASE_URL in .env", ...

  bool operator==(const conninfo&) const = default;
};

using environment = std::function<std::optional<std::string>(std::string_view)>;

// A connection of pawl.toml: the string itself, the name of the variable that holds it, or else
// the usual variables of its own file.
struct configured {
  std::optional<std::string> url;
  std::optional<std::string> variable;
  bool own_file = false;  // `env_file` belongs to it, and goes before `env`
  std::string origin;     // "pawl.toml:3"
};

// Finds the setting: `flag` (--db), the variable that `db_env` names (--db-env), `profile`,
// PAWL_DATABASE_URL, DIRECT_URL when DATABASE_URL is pooled, DATABASE_URL, `connection`, the PG*
// variables. The variables of `env` go before all of `env_file`, and a DIRECT_URL counts only
// beside the DATABASE_URL of the same place. With PG* variables `values` holds only defaults: libpq
// reads the variables itself. Errors: no_connection (with the two lines that would make one),
// bad_connection_string, usage.
struct sources {
  std::optional<std::string> flag;
  std::optional<std::string> db_env;
  std::optional<configured> profile;     // asked for by its name, so before the variables
  std::optional<configured> connection;  // what counts when no variable names a database
  environment env;
  std::string env_file;  // text of .env, empty if there is none; never overrides `env`
};
result<conninfo> resolve(const sources& from);

// One string of any of libpq's forms or of Prisma's, node-postgres', JDBC's and SQLAlchemy's.
// Applies TLS defaults: off loopback sslmode `require` (with a warning), `verify-full` as soon as
// sslrootcert is given; prefer and allow are refused there. A service is left to its file. Turns
// gssencmode off where it is not given. `env` says which PG* variables libpq will read besides.
// Errors: bad_connection_string, led by `origin`: says which character is wrong and shows the form
// that works, never a password.
result<conninfo> parse(std::string_view text, std::string_view origin, const environment& env = {});

// "host:port/database as user" of what is set, never a secret; unix sockets as
// "socket /run/postgresql/database as user", a service by its name, nothing at all as the origin.
std::string describe(const conninfo& c);

// `text` with every secret of `c` (password, sslpassword, and their percent-encoded and escaped
// forms) replaced by "***", and besides any `password=...`, any `//user:password@`, and the pieces
// of a connection string that libpq quotes when it cannot read it. Hides too much when in doubt.
std::string redact(std::string_view text, const conninfo& c);
std::string redact(std::string_view text);

// NAME=VALUE lines of a .env file: comments, `export`, quotes, `${NAME}` of an earlier line. The
// last of two values counts; what is no assignment is passed over.
std::map<std::string, std::string> read_env_file(std::string_view text);

}  // namespace pawl::pg
