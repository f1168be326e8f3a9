// Claiming a range that is there, or cutting the next one from the frontier. Internal to the room.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>

#include "run/context.hpp"

namespace pawl::run {

// nullopt: nothing to claim and nothing left to cut now.
boost::asio::awaitable<result<std::optional<ledger::claim>>> claim_or_cut(context& x,
                                                                          pg::connection& c);

}  // namespace pawl::run
