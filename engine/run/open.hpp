// Opening a run: resolve the job, find or make the run, decide whether it goes on. Internal to the
// room.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "pg/connection.hpp"
#include "run/context.hpp"

namespace pawl::run {

struct opened {
  ledger::run_record record;
  bool is_new = false;
  bool is_over = false;  // done already, and nothing to sweep
};

// The settings of batches, from the plan and the target duration of the context.
void compose_settings(context& x);

// In how many passes ranges are changed that are cut from now on, into the plan of the context.
boost::asio::awaitable<result<void>> choose_passes(context& x, pg::connection& c);

// Fills the plan, the leaves, the run's number and the settings of the context. `c` must be fresh.
// Errors: those of plan::resolve; definition_changed, wrong_server, target_changed, cancelled,
// wrong_state.
boost::asio::awaitable<result<opened>> open_run(context& x, pg::connection& c, sql::job job,
                                                ledger::definition what);

// The same for a run that is only read: refuses nothing but another server or table.
boost::asio::awaitable<result<void>> open_for_reading(context& x, pg::connection& c,
                                                      ledger::run_record r, sql::job job);

}  // namespace pawl::run
