// A runner: one process's part in a run, from opening it to its last word.
//
// Ownership: lives on the caller's io_context, which one thread runs. Cancellation: drain() and
// cancel_now() from that thread (signal handlers of Asio).
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <pawl/events.hpp>
#include <pawl/run.hpp>

#include "ledger/run.hpp"
#include "pg/connection.hpp"
#include "run/task_group.hpp"
#include "sql/job.hpp"

namespace pawl::run {

struct context;
struct look;
struct opened;
class control;

class runner {
 public:
  runner(boost::asio::any_io_executor executor, pg::conninfo where, run_options options,
         observer& to);
  ~runner();
  runner(const runner&) = delete;
  runner& operator=(const runner&) = delete;

  // Runs the job to its end, or to the point where it stops. Never throws for what a server or a
  // person does; the result's `cause` says why it stopped, `state` is what the ledger says.
  boost::asio::awaitable<run_ended> run(sql::job job, ledger::definition what);

  // Hands out no more batches; those in flight may finish within the grace time.
  void drain();
  // Cancels the batches in flight on the server; what they did is rolled back.
  void cancel_now();

 private:
  boost::asio::awaitable<void> go(sql::job job, ledger::definition what, run_ended& end);
  boost::asio::awaitable<void> rounds(run_ended& end);
  // True if another round begins.
  boost::asio::awaitable<bool> verify(run_ended& end);
  boost::asio::awaitable<void> record(pg::connection& c, const look& found, run_ended& end);
  boost::asio::awaitable<void> analyze(pg::connection& c, run_ended& end);
  boost::asio::awaitable<void> stop_workers();
  boost::asio::awaitable<void> conclude(run_ended& end);
  boost::asio::awaitable<void> enter_state(run_state state, std::string reason, run_ended& end);
  boost::asio::awaitable<void> report_done(const opened& o, run_ended& end);
  std::optional<error> end_of_others(const ledger::pulse& last) const;
  void announce(const opened& o, const pg::connection& c);
  void limit_duration();

  std::unique_ptr<context> x_;
  std::unique_ptr<control> control_;
  std::unique_ptr<task_group> side_tasks_;
  boost::asio::steady_timer grace_;
  boost::asio::steady_timer cut_;  // behind a cancel that the server does not answer
  boost::asio::steady_timer limit_;
  int sweeps_ = 0;
  bool draining_ = false;
};

}  // namespace pawl::run
