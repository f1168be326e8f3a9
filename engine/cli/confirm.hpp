// What is asked of the caller before the committed work of a run is given up.
#pragma once

#include <pawl/error.hpp>
#include <string>
#include <vector>

#include "cli/arguments.hpp"
#include "pg/conninfo.hpp"
#include "sql/job.hpp"

namespace pawl::cli {

// Whether the call names this run with --confirm.
bool is_confirmed(const arguments& a, const std::string& run);

// Before `run --restart`. An unfinished run of one of the jobs whose committed rows would be
// changed a second time needs its name: by --confirm, or typed at a terminal (stdin and stderr,
// without
// --no-input). Blocking; connects. Errors: guard; those of the connection.
result<void> confirm_restart(const arguments& a, const pg::conninfo& info,
                             const std::vector<sql::job>& jobs);

}  // namespace pawl::cli
