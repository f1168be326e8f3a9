// The control loop of a runner: heartbeat, what operators want, totals, who is in the way. One
// connection of its own, so that a worker's wait never delays it. Internal to the room.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "pg/connection.hpp"
#include "run/context.hpp"

namespace pawl::run {

// What the control loop tells the runner.
enum class control_news {
  no_work,  // nothing is left to cut or to run, here or elsewhere
  over,     // the run ended, or is to end, or this runner is to stop
};

class control {
 public:
  explicit control(context& x) : x_(x), c_(x.executor), tracked_(x, c_) {}

  // Opens the connection and enters this runner into the ledger.
  boost::asio::awaitable<result<void>> enter();

  // Polls until there is news. Meanwhile pauses, tunes and stops the workers as operators ask.
  boost::asio::awaitable<control_news> watch();

  // Keeps the lease while `busy` is true.
  boost::asio::awaitable<void> keep_alive(const bool& busy);

  // Frees the ranges of this runner and takes it out of the ledger; best effort.
  boost::asio::awaitable<void> leave();

  boost::asio::awaitable<result<ledger::totals>> totals();
  // As last read, and what this runner committed since: for when the server cannot be asked.
  std::optional<ledger::totals> known_totals() const;
  // Tells the observer the totals, and what the workers wait for.
  boost::asio::awaitable<void> report();

  pg::connection& connection() { return c_; }
  // What the last poll saw.
  const ledger::pulse& last() const { return last_; }
  std::optional<std::int64_t> wal_bytes() const;
  // Reopens the connection if it was lost; false if the runner is to stop.
  boost::asio::awaitable<bool> ensure_connection();

 private:
  boost::asio::awaitable<bool> poll();
  boost::asio::awaitable<void> obey();
  boost::asio::awaitable<void> record_hold();
  void tune();
  void remember(const ledger::totals& t);
  bool is_overdue() const;

  context& x_;
  pg::connection c_;
  tracked tracked_;
  ledger::pulse last_;
  std::optional<std::int64_t> first_wal_;
  std::optional<ledger::totals> known_;
  committed_here at_known_;
  bool paused_ = false;
  bool was_held_ = false;        // by this runner's word the ledger says held
  std::int64_t fixed_rows_ = 0;  // as applied last; 0: adaptive
};

}  // namespace pawl::run
