// Partitions that are attached while a run goes on. Internal to the room.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "pg/connection.hpp"
#include "run/context.hpp"

namespace pawl::run {

// Makes those known here that this or another runner has put into the ledger since. Also in an open
// transaction, whose settings are the ledger's again afterwards.
boost::asio::awaitable<result<void>> read_new_leaves(context& x, pg::connection& c);

// Puts those into the ledger that were attached since, if the run has a pending predicate. Without
// one its rows are those of the start: then it is only told.
boost::asio::awaitable<result<void>> add_new_leaves(context& x, pg::connection& c);

}  // namespace pawl::run
