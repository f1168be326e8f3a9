// Query parameters of a connection URL that libpq refuses but other programs write: Prisma,
// node-postgres, JDBC, SQLAlchemy, Go, Rails, Django, Doctrine.
#pragma once

#include <map>
#include <optional>
#include <pawl/error.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::pg {

struct translated_query {
  std::string kept;                           // parameters of libpq, encoded, joined with `&`
  std::map<std::string, std::string> values;  // libpq keywords that stand for a foreign parameter
  std::optional<std::string> search_path;
  bool pooled = false;
  std::vector<std::string> warnings;
};

// `query` as written, without its question mark. What has a counterpart is translated, what is only
// a setting of the other program's pool or cache is left out with one warning.
// Errors: bad_connection_string for a parameter that nobody knows; it is named by its position,
// because it may be the end of a password.
result<translated_query> translate_query(std::string_view query);

}  // namespace pawl::pg
