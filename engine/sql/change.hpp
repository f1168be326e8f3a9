// A statement taken apart: what it changes, and where a batch's condition goes.
//
// Pure. Errors: sql_syntax, marker_needed, not_a_job, bad_directive, with the place.
#pragma once

#include <optional>
#include <vector>

#include "sql/job.hpp"
#include "sql/options.hpp"
#include "sql/source.hpp"
#include "sql/split.hpp"

namespace pawl::sql {

// `batch` is nullptr if no directive stands before the statement.
result<change> read_change(const source& in, const statement& st, std::vector<slice> markers,
                           const batch_directive* batch);

// nullopt if the statement is a SELECT that only reads, as `-- pawl:verify` needs it.
std::optional<error> refused_check(const source& in, const statement& st,
                                   const std::vector<slice>& markers);

}  // namespace pawl::sql
