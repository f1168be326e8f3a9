// What a caller chooses about a check. Values.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "lint/rule.hpp"

namespace pawl::lint {

// How migrations are named; nothing is asked of them by default. A pattern is a name whose <words>
// in angle brackets stand for anything: "add_<field>_to_<table>". A name must fit one of them.
struct naming {
  std::vector<std::string> patterns;
  bool refuse_vague = false;  // "fix", "update_schema", dates
};

// Patterns that say what a migration does.
const std::vector<std::string>& usual_patterns();

struct options {
  std::map<std::string, severity, std::less<>> severities;  // by rule id, instead of the default
  naming names;

  // A table of at most this size is rewritten, read or indexed before anybody notices. Only known
  // with a database.
  std::size_t small_table_bytes = 1U << 20U;
};

}  // namespace pawl::lint
