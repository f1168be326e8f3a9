// The work table of a snapshot, and the statements around it: text from a plan.
//
// It holds the target's key and a value for each assigned column (UPDATE), the key (DELETE), or the
// rows to insert (INSERT), or of the source (MERGE), numbered. Values have the target columns'
// types, so that they are assigned as the one statement would assign them; those of a MERGE their
// own.
#pragma once

#include <string>
#include <vector>

#include "plan/job_plan.hpp"

namespace pawl::plan {

struct work_script {
  std::vector<std::string> make;    // under pawl's own settings
  std::string fill;                 // under the user's
  std::vector<std::string> finish;  // under pawl's own: key, statistics
};

// `name`: schema-qualified, quoted.
work_script work_table(const job_plan& p, const std::string& name);

// The statement of one batch over the work table that `p` walks.
std::string work_batch(const job_plan& p, const std::string& condition);

// The name under which statements see the work table's columns.
inline constexpr std::string_view work_alias = "pawl_w";

// The key of a work table that numbers its rows.
inline constexpr std::string_view work_row = "pawl_row";

}  // namespace pawl::plan
