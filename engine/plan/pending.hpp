// What the catalog says of rows that the change leaves behind: are they told apart from those that
// are still to be changed? Internal to the room.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <vector>

#include "plan/catalog.hpp"
#include "plan/job_plan.hpp"

namespace pawl::plan {

// Of a job that stands for an author's loop: fails with not_a_job where one of the triggers that
// its change fires could make its rounds come to something else.
boost::asio::awaitable<result<void>> check_rounds(pg::connection& c, const job_plan& p,
                                                  std::vector<trigger_facts> triggers,
                                                  pg::time_point deadline);

// Fills p.pending where the proof that the text began holds, or notes why it does not; for an
// author's loop, which needs it, that is not_a_job. `assigned`: the columns that SET assigns.
boost::asio::awaitable<result<void>> resolve_pending(pg::connection& c, job_plan& p,
                                                     std::vector<assigned_column> assigned,
                                                     pg::time_point deadline);

}  // namespace pawl::plan
