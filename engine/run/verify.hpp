// Sweep and verify (design.md, main loop 7 and 8): what is said before a run may be called done.
// Internal to the room.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <vector>

#include "pg/connection.hpp"
#include "run/context.hpp"

namespace pawl::run {

// What one look at every range found.
struct look {
  std::vector<std::int64_t> to_sweep;  // numbers of ranges with pending rows
  std::int64_t rows_to_sweep = 0;
  std::int64_t rows_stay = 0;
  std::optional<std::string> false_at;  // where the job's own check does not hold
};

// One line of what holds after a look.
std::string describe(const plan::job_plan& p, const look& found);

// Looks at all ranges over as many connections as there are workers: counts pending rows, and runs
// the job's own check if `with_check`. Read-only.
boost::asio::awaitable<result<look>> look_at_ranges(context& x, pg::connection& c, int round,
                                                    bool with_check);

// Extends bounds to rows inserted since; true if there are any. Only for jobs with a pending
// predicate: for others the rows of the start are the job.
boost::asio::awaitable<result<bool>> extend_work(context& x, pg::connection& c);

// Leaves not covered by done ranges: an error that names them, else nothing.
boost::asio::awaitable<result<void>> check_coverage(context& x, pg::connection& c);

}  // namespace pawl::run
