// The canonical text of a job: equal for two files that mean the same. Pure.
#pragma once

#include <string>
#include <string_view>

#include "sql/job.hpp"

namespace pawl::sql {

// Tokens joined by blanks, comments left out but for markers. `sql` has been scanned before.
std::string canonical_sql(std::string_view sql);

// Needs every other member of the job. The directives follow as comments, which the statement's own
// part cannot hold: no two jobs that differ can have the same text.
std::string canonical_text(const job& j);

}  // namespace pawl::sql
