// What the coroutines of one runner share. One thread, no locks. Internal to the room.
#pragma once

#include <algorithm>
#include <boost/asio/any_io_executor.hpp>
#include <map>
#include <optional>
#include <pawl/events.hpp>
#include <pawl/run.hpp>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "ledger/run.hpp"
#include "pg/conninfo.hpp"
#include "plan/job_plan.hpp"
#include "run/batch_size.hpp"
#include "run/limits.hpp"
#include "run/scheduler.hpp"
#include "run/task_group.hpp"
#include "run/wakeup.hpp"

namespace pawl::run {

// What a worker's connection is doing, for whoever wants to cancel it.
struct worker_status {
  bool is_running = false;
  int backend_pid = 0;
  pg::connection* connection = nullptr;
  bool in_work = false;  // round trip 1 of a batch is under way: may be cancelled
};

// What this runner committed.
struct committed_here {
  std::int64_t rows_changed = 0;
  std::int64_t rows_scanned = 0;
  std::int64_t rows_hot = 0;
};

struct context {
  context(boost::asio::any_io_executor on, pg::conninfo where, run_options chosen, observer& to)
      : executor(on),
        info(std::move(where)),
        options(std::move(chosen)),
        observers(to),
        tasks(pacing{0, limits::look_interval, limits::horizon_patience}),
        size(1, {}),
        later_size(1, {}),
        changed(on),
        control_wanted(on),
        children(on),
        random(std::random_device{}()) {}

  boost::asio::any_io_executor executor;
  pg::conninfo info;
  run_options options;
  observer& observers;

  plan::job_plan plan;
  std::map<int, plan::leaf> leaves;  // by their number in the ledger
  std::int64_t run = 0;
  std::string runner;  // UUID of this process start
  int round = 0;
  std::string opened_at;  // when the run was opened, ISO 8601

  scheduler tasks;
  // In rows of the stripe that is changed, of batches in a range's first pass, and in its later
  // ones, which take a tenth of the time.
  batch_size size;
  batch_size later_size;
  batch_size& size_of(const ledger::claim& c) { return c.at.stripe > 0 ? later_size : size; }
  std::chrono::milliseconds target{0};
  std::chrono::milliseconds statement_timeout{0};
  pg::settings own_settings;    // of every batch, before the fence
  pg::settings user_settings;   // of the data statement
  pg::settings after_settings;  // back to pawl's own behind it

  wakeup changed;         // scheduler state changed: workers look again
  wakeup control_wanted;  // the control loop should poll now
  std::map<int, worker_status> workers;
  std::set<pg::connection*> connections;  // those in use
  task_group children;                    // the workers of this round
  std::mt19937_64 random;

  bool opening = false;  // nothing of the run is committed yet: a signal cuts it off

  time_point started{};
  time_point last_checkpoint{};
  bool has_nothing_to_claim = false;  // others do what is left
  std::optional<time_point> server_lost_since;
  committed_here here;
  std::map<std::string, std::int64_t> retries;
  bool cancelling = false;     // batches in flight are to be undone
  bool leaving = false;        // this runner is to end
  std::optional<error> fatal;  // why this runner stops, if not in order
  std::string held_reason;     // set by a worker, recorded by the control loop

  void emit(event_body body) {
    observers.on(
        event{std::chrono::steady_clock::now(), std::chrono::system_clock::now(), std::move(body)});
  }
  time_point in(std::chrono::milliseconds d) const { return std::chrono::steady_clock::now() + d; }
  double draw() { return std::uniform_real_distribution<double>{0.0, 1.0}(random); }

  // The environment forbids to go on: one batch probes it now and then.
  void hold(const error& cause);
  void release_hold();

  // Stops this runner: every worker leaves after its batch. The first reason counts.
  void stop(std::optional<error> why) {
    if (why && !fatal) {
      fatal = std::move(why);
    }
    leaving = true;
    tasks.stop();
    changed.notify_all();
    control_wanted.raise();
  }
};

// Lets a connection be cut from outside while it lives: where the network is silent nothing else
// ends a wait before its deadline.
class tracked {
 public:
  tracked(context& x, pg::connection& c) : x_(x), c_(c) { x_.connections.insert(&c_); }
  ~tracked() { x_.connections.erase(&c_); }
  tracked(const tracked&) = delete;
  tracked& operator=(const tracked&) = delete;

 private:
  context& x_;
  pg::connection& c_;
};

// Starts the workers that tasks.workers() asks for and that do not run yet.
void spawn_workers(context& x);

// Opens a closed connection, with pauses between attempts, while the run is held; false when the
// runner is to stop instead: the server was away, or refused the role, for too long.
boost::asio::awaitable<bool> ensure_open(context& x, pg::connection& c, std::string name);

}  // namespace pawl::run
