// The table of what fires and what does not, by rule.
#pragma once

#include <string_view>
#include <vector>

namespace pawl::lint {

struct rule_case {
  std::string_view id;
  std::string_view sql;     // one file
  std::string_view before;  // an earlier one
};

// The rule must tell something about `sql`.
const std::vector<rule_case>& firing_cases();

// The rule must tell nothing.
const std::vector<rule_case>& silent_cases();

}  // namespace pawl::lint
