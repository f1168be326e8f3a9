// What the coroutines of one runner share. One thread, no locks. Internal to the room.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <map>
#include <optional>
#include <pawl/events.hpp>
#include <pawl/run.hpp>
#include <random>
#include <string>
#include <vector>

#include "ledger/run.hpp"
#include "pg/conninfo.hpp"
#include "plan/job_plan.hpp"
#include "run/batch_size.hpp"
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

struct context {
  context(boost::asio::any_io_executor on, pg::conninfo where, run_options chosen, observer& to)
      : executor(on),
        info(std::move(where)),
        options(std::move(chosen)),
        observers(to),
        tasks(0),
        size(1, {}),
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
  batch_size size;
  std::chrono::milliseconds target{0};
  std::chrono::milliseconds statement_timeout{0};
  pg::settings own_settings;    // of every batch, before the fence
  pg::settings user_settings;   // of the data statement
  pg::settings after_settings;  // back to pawl's own behind it

  wakeup changed;         // scheduler state changed: workers look again
  wakeup control_wanted;  // the control loop should poll now
  std::map<int, worker_status> workers;
  task_group children;  // the workers of this round
  std::mt19937_64 random;

  pg::connection* opening = nullptr;  // while the run is opened: what a signal may have to cut

  time_point started{};
  time_point last_checkpoint{};
  std::optional<time_point> server_lost_since;
  std::int64_t rows_changed_here = 0;
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

// Starts the workers that tasks.workers() asks for and that do not run yet.
void spawn_workers(context& x);

// Opens a closed connection, with pauses between attempts; false when the runner is to stop
// instead, because the server was away for too long or refuses the role.
boost::asio::awaitable<bool> ensure_open(context& x, pg::connection& c, std::string name);

}  // namespace pawl::run
