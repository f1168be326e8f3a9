// What pawl.toml says to `pawl check`, as a plain value.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace pawl::config {

enum class severity { off, info, warning, error };

struct check_settings {
  std::map<std::string, severity> severities;  // by rule id ("L20"); others keep their own
  std::optional<severity> fail_on;             // the least that fails the check; never `off`
  std::vector<std::string> patterns;           // "add_<field>_to_<table>"; empty: names are free
  bool vague_names = false;                    // report names that say nothing

  bool operator==(const check_settings&) const = default;
};

}  // namespace pawl::config
