// Names as PostgreSQL reads and writes them. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::sql {

struct written_name {
  std::vector<std::string> parts;  // folded, quotes taken off
  std::string text;                // as written
  bool operator==(const written_name&) const = default;
};

// Reads `a, "B".c`: names parted by commas, each with one or more parts. nullopt if `text` is
// anything else, also for a reserved word that needs quotes and a name that is cut at 63 bytes.
std::optional<std::vector<written_name>> read_names(std::string_view text);

// Folded as PostgreSQL folds unquoted names in UTF-8: ASCII letters only.
std::string lower_case(std::string_view text);

// Labels and job names consist of [A-Za-z0-9_.-].
bool is_label_character(char c);

// The identifier as SQL, with quotes where it needs them.
std::string quote_identifier(std::string_view name);

}  // namespace pawl::sql
