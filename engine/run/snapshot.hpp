// The work table of a run that is divided by one (plan/work_table.hpp). Internal to the room.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "pg/connection.hpp"
#include "run/context.hpp"

namespace pawl::run {

// Makes and fills it in the transaction that opens the run, so that both are there or neither, and
// makes it what the plan walks. The settings of the context must be composed.
boost::asio::awaitable<result<void>> make_work_table(context& x, pg::connection& c, int generation);

// Reads the one that the run was opened with.
boost::asio::awaitable<result<void>> find_work_table(context& x, pg::connection& c);

}  // namespace pawl::run
