// The rules of `pawl check`: one table of ids, names, severities and what each says.
//
// Pure. docs/check.md holds the same table; a test compares the two.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace pawl::lint {

// Ascending. `rewritten`: dangerous as written, and pawl's planner has a safe form for it.
enum class severity { off, info, rewritten, warning, error };

std::string_view name_of(severity level);
std::optional<severity> severity_named(std::string_view name);

// What a rule can tell without a database.
enum class needs { text, database, text_and_more };

struct rule {
  std::string_view id;
  std::string_view name;
  severity by_default = severity::off;
  needs facts = needs::text;
  std::string_view says;
};

std::span<const rule> rules();

// nullptr if there is none. Ids are written in upper case.
const rule* find_rule(std::string_view id);

}  // namespace pawl::lint
