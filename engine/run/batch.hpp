// One batch, performed: the actions of batch_machine on a real connection. Internal to the room.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "pg/connection.hpp"
#include "run/batch_machine.hpp"
#include "run/context.hpp"

namespace pawl::run {

struct batch_outcome {
  batch_verdict verdict = batch_verdict::retry;
  error cause;
  bool was_ambiguous = false;
  ledger::progress progress;      // of a committed batch
  std::int64_t rows_walked = 0;   // those of its keys, of whatever stripe
  std::uint64_t xid = 0;          // of a committed batch
  std::optional<batch_end> next;  // cut already for the batch behind it
  std::chrono::microseconds duration{0};
};

// Runs the batch up to `end` of a claimed range. The connection may be closed afterwards.
boost::asio::awaitable<batch_outcome> perform_batch(context& x, pg::connection& c, int worker,
                                                    ledger::claim claim, batch_end end);

// How many rows the next batch of a claim is to walk: those of its stripe are changed.
std::int64_t rows_of_next_batch(context& x, const ledger::claim& c);

// The end of the next batch of `wanted` rows from the claim's cursor.
boost::asio::awaitable<result<batch_end>> find_batch_end(context& x, pg::connection& c,
                                                         ledger::claim claim, std::int64_t wanted);

}  // namespace pawl::run
