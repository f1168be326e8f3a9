// Cancelling batches in flight on the server. Internal to the room.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "run/context.hpp"

namespace pawl::run {

// pg_cancel_backend, over a connection of its own, for every batch in its first round trip; where
// that cannot be sent, its socket is closed. Sets context::cancelling first, so that a batch whose
// statement was quicker is rolled back all the same and no cancel can meet a COMMIT.
boost::asio::awaitable<void> cancel_batches(context& x);

}  // namespace pawl::run
