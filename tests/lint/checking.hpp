// Checks SQL the way the tests of this room want it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "lint/check.hpp"

namespace pawl::lint {

// Findings of `sql` as a migration behind one that holds `before`.
inline report check_behind(const std::string& before, const std::string& sql,
                           const options& chosen = {}) {
  std::vector<input> files{{"m/1_a/migration.sql", "1_a", before, false, true},
                           {"m/2_b/migration.sql", "2_b", sql, false, false}};
  question_list unasked;
  return check(files, chosen, {}, unasked);
}

inline report check_alone(const std::string& sql, const options& chosen = {}) {
  return check_behind("", sql, chosen);
}

// "L20", ... in order.
inline std::vector<std::string> ids_of(const report& r) {
  std::vector<std::string> ids;
  for (const finding& f : r.findings) ids.emplace_back(f.of->id);
  return ids;
}

inline const finding* find(const report& r, std::string_view id) {
  const auto found = std::find_if(r.findings.begin(), r.findings.end(),
                                  [&](const finding& f) { return f.of->id == id; });
  return found == r.findings.end() ? nullptr : &*found;
}

// Everything on, also what is off by default.
inline options everything() {
  options chosen;
  for (const rule& r : rules()) {
    if (r.by_default == severity::off) chosen.severities.emplace(r.id, severity::info);
  }
  return chosen;
}

}  // namespace pawl::lint
