// A worker: one connection that claims ranges and runs their batches until the scheduler says stop.
// Internal to the room.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "run/context.hpp"

namespace pawl::run {

boost::asio::awaitable<void> work(context& x, int worker);

}  // namespace pawl::run
