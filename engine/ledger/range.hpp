// Ranges: cutting, claiming, fencing, checkpoints. Builds the statements that a worker pipelines
// with its own, and decodes their answers; a range row is written by nothing else.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pg/connection.hpp"

namespace pawl::ledger {

using key_values = std::vector<std::string>;  // one element for each key column

// Where a range stands. With one stripe a range has one pass.
struct cursor {
  int stripe = 0;
  std::optional<key_values> pos;  // nullopt: at the lower end

  bool operator==(const cursor&) const = default;
};

// A range as its holder knows it.
struct claim {
  std::int64_t run = 0;
  std::int64_t number = 0;
  int round = 0;
  int leaf = 0;
  std::int64_t token = 0;
  std::string runner;
  std::optional<key_values> lo;
  key_values hi;
  int stripes = 1;
  std::string stripe_function;  // empty for one stripe
  std::string stripe_check;     // the stripe value of `hi` when the range was cut; see plan/
  cursor at;
  std::uint64_t xid = 0;                   // of its last commit
  std::optional<std::int64_t> rows_found;  // rows of (lo, hi] when it was cut
  std::int64_t rows_scanned = 0;
  int attempts = 0;
  bool takeover = false;  // its former holder was dead

  bool operator==(const claim&) const = default;
};

// What one batch did, and where the cursor goes.
struct progress {
  cursor to;
  bool done = false;
  std::int64_t rows_changed = 0;
  std::int64_t rows_scanned = 0;
  std::int64_t rows_hot = 0;
};

pg::statement fence(const claim& c);
pg::statement checkpoint(const claim& c, const progress& p, std::string_view xid);
pg::statement inspect(const claim& c);

// What inspect() found of a batch whose outcome was unknown, or whose fence was refused.
enum class finding { committed, not_committed, lost };
finding judge(const pg::result_set& inspected, const claim& before, const progress& intended);

// Takes a free range, or that of a dead runner; nullopt if there is none. `held`: the numbers of
// those that this runner works on. One call at a time for a runner: a second one would take what
// the first has claimed and not told yet.
boost::asio::awaitable<result<std::optional<claim>>> take(pg::connection& c, std::int64_t run,
                                                          std::string runner,
                                                          std::vector<std::int64_t> held,
                                                          pg::time_point deadline);

// The transaction that cuts a new range, in three parts: lock_frontier() opens it and tells where
// to cut; add_range() records the piece and commits. Between them the caller looks for `hi`.
// nullopt: nothing is left to cut, or the run is not to go on; the transaction is over then.
struct frontier {
  std::int64_t number = 0;  // of the range to come
  int round = 0;
  int leaf = 0;
  std::optional<key_values> lo;
  key_values bound;
};
boost::asio::awaitable<result<std::optional<frontier>>> lock_frontier(pg::connection& c,
                                                                      std::int64_t run,
                                                                      pg::time_point deadline);

// What is found for it.
struct piece {
  key_values hi;
  std::int64_t rows = 0;
  double share = 0;
  int stripes = 1;
  std::string stripe_function;
  std::string stripe_check;
};

// The claim of the new range (lo, hi], recorded with the frontier in the open transaction.
boost::asio::awaitable<result<claim>> add_range(pg::connection& c, std::int64_t run, frontier f,
                                                piece p, std::string runner,
                                                pg::time_point deadline);

// The oldest transaction that some snapshot of the database, a replication slot, a standby or a
// prepared transaction may still see as running: versions of rows that died in an older one can be
// pruned.
boost::asio::awaitable<result<std::uint64_t>> read_horizon(pg::connection& c,
                                                           pg::time_point deadline);

// After a failed attempt: kept with the range for status and for a later holder.
pg::statement postpone(const claim& c, int attempts, std::string_view sqlstate);

// Frees every unfinished range of a runner at its cursor.
pg::statement release_all(std::int64_t run, std::string_view runner);

}  // namespace pawl::ledger
