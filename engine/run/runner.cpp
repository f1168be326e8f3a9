#include "run/runner.hpp"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/uuid/random_generator.hpp>
#include <boost/uuid/uuid_io.hpp>

#include "run/cancel.hpp"
#include "run/context.hpp"
#include "run/control.hpp"
#include "run/leaves.hpp"
#include "run/limits.hpp"
#include "run/open.hpp"
#include "run/verify.hpp"
#include "run/worker.hpp"

namespace pawl::run {

namespace asio = boost::asio;

namespace {

using std::chrono::steady_clock;

std::vector<std::string> unfinished() {
  return {"running", "held", "paused", "verifying"};
}

run_state state_of(std::string_view text) {
  for (const auto state :
       {run_state::running, run_state::paused, run_state::held, run_state::verifying,
        run_state::done, run_state::failed, run_state::cancelled}) {
    if (name_of(state) == text) {
      return state;
    }
  }
  return run_state::running;
}

// What an error that stopped this runner means for the run: failed until somebody mends it, or a
// state that another runner may go on from.
bool fails_the_run(errc code) {
  switch (code) {
    case errc::unreachable:
    case errc::authentication:
    case errc::connection_lost:
    case errc::timed_out:
    case errc::held:
    case errc::out_of_time:
    case errc::cancelled:
    case errc::unknown_run:
      return false;
    default:
      return true;
  }
}

// Opening asks the catalog, which waits for whoever locks the table.
asio::awaitable<void> tell_what_opening_waits_for(context& x) {
  co_await x.changed.wait(x.in(limits::opening_patience));
  if (!x.opening || x.leaving) {
    co_return;
  }
  pg::connection c{x.executor};
  const tracked cut_off{x, c};
  auto open = co_await c.open(x.info, "pawl/watch", x.in(limits::connect_timeout));
  if (!open) {
    co_return;  // what opens the run has a deadline of its own
  }
  auto found = co_await ledger::blockers(c, "pawl/open", x.in(limits::connect_timeout));
  if (found && !found->empty() && x.opening) {
    x.emit(notice{fmt::format("not begun yet: waits for {}", fmt::join(*found, ", "))});
  }
}

}  // namespace

runner::runner(asio::any_io_executor executor, pg::conninfo where, run_options options,
               observer& to)
    : x_(std::make_unique<context>(executor, std::move(where), std::move(options), to)),
      control_(std::make_unique<control>(*x_)),
      side_tasks_(std::make_unique<task_group>(executor)),
      grace_(executor),
      cut_(executor),
      limit_(executor) {}

runner::~runner() = default;

void runner::drain() {
  if (draining_ || x_->leaving) {
    return;
  }
  draining_ = true;
  x_->stop(std::nullopt);
  if (x_->opening) {
    // Nothing is committed yet: the server rolls back what it was computing.
    for (auto* connection : x_->connections) {
      connection->abort();
    }
    return;
  }
  x_->emit(
      notice{"draining: the batches in flight end, then this runner stops; a second signal "
             "cancels them"});
  grace_.expires_after(x_->options.grace);
  grace_.async_wait([this](boost::system::error_code stopped) {
    if (!stopped) {
      cancel_now();
    }
  });
}

void runner::cancel_now() {
  draining_ = true;
  x_->stop(std::nullopt);
  side_tasks_->spawn(cancel_batches(*x_));
  cut_.expires_after(limits::cancel_wait);
  cut_.async_wait([this](boost::system::error_code stopped) {
    if (!stopped) {
      for (auto* connection : x_->connections) {
        connection->abort();
      }
    }
  });
}

void runner::limit_duration() {
  if (!x_->options.max_duration) {
    return;
  }
  limit_.expires_after(*x_->options.max_duration);
  limit_.async_wait([this](boost::system::error_code stopped) {
    if (stopped) {
      return;
    }
    error e;
    e.code = errc::out_of_time;
    e.message = fmt::format("stopped after {} s, as --max-duration says, with work left",
                            x_->options.max_duration->count());
    e.hint = fmt::format("Everything committed is kept. To go on: pawl resume {}", x_->run);
    x_->stop(e);
  });
}

asio::awaitable<run_ended> runner::run(sql::job job, ledger::definition what) {
  run_ended end;
  end.job = job.name;
  x_->started = steady_clock::now();
  x_->last_checkpoint = x_->started;
  co_await go(std::move(job), std::move(what), end);
  grace_.cancel();
  cut_.cancel();
  limit_.cancel();
  co_await side_tasks_->join();
  end.elapsed =
      std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - x_->started);
  end.rows_changed_here = x_->here.rows_changed;
  end.retries.assign(x_->retries.begin(), x_->retries.end());
  if (end.run != 0) {
    x_->emit(end);
  }
  co_return end;
}

asio::awaitable<void> runner::go(sql::job job, ledger::definition what, run_ended& end) {
  auto& x = *x_;
  std::optional<opened> o;
  {
    pg::connection c{x.executor};
    auto open = co_await c.open(x.info, "pawl/open", x.in(limits::connect_timeout));
    if (!open) {
      end.cause = open.error();
      co_return;
    }
    const tracked cut_off{x, c};
    x.opening = true;
    side_tasks_->spawn(tell_what_opening_waits_for(x));
    auto found = co_await open_run(x, c, std::move(job), std::move(what));
    x.opening = false;
    x.changed.notify_all();
    co_await side_tasks_->join();
    if (!found) {
      // A signal while it is opened is no failure.
      end.cause = x.leaving ? x.fatal : std::optional{found.error()};
      co_return;
    }
    o = std::move(*found);
    announce(*o, c);
  }
  end.run = x.run;
  if (o->is_over) {
    co_await report_done(*o, end);
    co_return;
  }
  x.runner = boost::uuids::to_string(boost::uuids::random_generator{}());
  auto entered = co_await control_->enter();
  if (!entered) {
    // A signal while connecting is no failure.
    end.cause = x.leaving ? x.fatal : std::optional{entered.error()};
    co_return;
  }
  limit_duration();
  co_await rounds(end);
  co_await stop_workers();
  co_await conclude(end);
}

void runner::announce(const opened& o, const pg::connection& c) {
  auto& x = *x_;
  run_opened told;
  told.run = x.run;
  told.job = x.plan.job.name;
  told.generation = o.record.generation;
  told.resumed = !o.is_new;
  told.server = fmt::format("{}/{} as {}, PostgreSQL {}", c.peer(), x.plan.server.database,
                            x.plan.server.role, x.plan.server.version_text);
  told.table = x.plan.target;
  for (const auto& column : x.plan.by) {
    told.key.push_back(column.name);
  }
  told.strategy = plan::describe_strategy(x.plan, limits::range_rows);
  told.reason = x.plan.reason;
  if (!x.plan.leaves.empty()) {
    told.rows_estimate = 0;
  }
  for (const auto& l : x.plan.leaves) {
    told.table_bytes += l.bytes;
    if (l.rows && told.rows_estimate) {
      *told.rows_estimate += static_cast<std::int64_t>(*l.rows);
    } else {
      told.rows_estimate.reset();
    }
  }
  told.leaves = static_cast<int>(x.plan.leaves.size());
  told.jobs = x.tasks.workers();
  told.target = x.target;
  told.batch_rows = x.size.rows();
  told.batch_rows_fixed = x.size.is_fixed();
  told.notes = x.plan.notes;
  x.emit(std::move(told));
}

asio::awaitable<void> runner::report_done(const opened& o, run_ended& end) {
  auto& x = *x_;
  end.state = run_state::done;
  end.verification = o.record.verification;
  end.rows_stay = o.record.rows_stay;
  pg::connection c{x.executor};
  auto open = co_await c.open(x.info, "pawl/open", x.in(limits::connect_timeout));
  if (!open) {
    end.cause = open.error();
    co_return;
  }
  auto t = co_await ledger::read_totals(c, x.run, x.in(limits::query_timeout));
  if (!t) {
    end.cause = t.error();
    co_return;
  }
  end.rows_changed = t->rows_changed;
  end.rows_scanned = t->rows_scanned;
  end.rows_hot = t->rows_hot;
  end.next_step = fmt::format(
      "Run {} of this job is done already; `pawl run FILE --restart` would begin again.", x.run);
}

asio::awaitable<void> runner::rounds(run_ended& end) {
  auto& x = *x_;
  for (;;) {
    // What was computed or verified before was no wait for a batch.
    x.last_checkpoint = steady_clock::now();
    x.tasks.start();
    if (x.leaving) {
      x.tasks.stop();
    }
    spawn_workers(x);
    const auto news = co_await control_->watch();
    if (news == control_news::over) {
      co_return;
    }
    // Refused while another runner that lives verifies.
    auto ours = co_await ledger::begin_verify(control_->connection(), x.run, x.runner,
                                              x.in(limits::query_timeout));
    if (!ours || !*ours) {
      co_await x.control_wanted.wait(x.in(limits::poll_interval));
      continue;
    }
    co_await stop_workers();
    x.emit(state_changed{run_state::verifying, ""});
    bool busy = true;
    side_tasks_->spawn(control_->keep_alive(busy));
    const bool again = co_await verify(end);
    busy = false;
    x.control_wanted.raise();
    co_await side_tasks_->join();
    if (!again) {
      co_return;
    }
    x.tasks.ask_again();
    x.emit(state_changed{run_state::running, "sweeping rows that became pending meanwhile"});
  }
}

asio::awaitable<bool> runner::verify(run_ended& end) {
  auto& x = *x_;
  pg::connection c{x.executor};
  const tracked cut_off{x, c};
  const bool open = co_await ensure_open(x, c, ledger::application_prefix(x.run) + "verify");
  if (!open) {
    co_return false;
  }
  auto covered = co_await check_coverage(x, c);
  if (!covered) {
    x.stop(covered.error());
    co_return false;
  }
  const bool may_sweep = x.plan.pending && sweeps_ < limits::sweep_rounds_max;
  bool extended = false;
  if ((may_sweep || !x.plan.pending) && !plan::needs_work_table(x.plan.by_what)) {
    auto added = co_await add_new_leaves(x, c);
    if (!added) {
      x.stop(added.error());
      co_return false;
    }
  }
  if (may_sweep) {
    auto more = co_await extend_work(x, c);
    if (!more) {
      x.stop(more.error());
      co_return false;
    }
    extended = *more;
  }
  auto found = co_await look_at_ranges(x, c, sweeps_, !extended);
  if (!found) {
    if (!x.leaving) {
      x.stop(found.error());
    }
    co_return false;
  }
  if (may_sweep && (extended || !found->to_sweep.empty())) {
    ++sweeps_;
    auto begun = co_await ledger::begin_round(c, x.run, x.runner, found->to_sweep,
                                              x.in(limits::query_timeout));
    if (!begun) {
      x.stop(begun.error());
    }
    co_return begun.has_value();
  }
  co_await record(c, *found, end);
  co_return false;
}

asio::awaitable<void> runner::record(pg::connection& c, const look& found, run_ended& end) {
  auto& x = *x_;
  end.rows_stay = found.rows_stay;
  if (found.false_at) {
    error e;
    e.code = errc::verification_failed;
    e.message = fmt::format("the job's check does not hold for {}", *found.false_at);
    e.hint = fmt::format(
        "All batches are committed. Look at the rows, mend the job or the data, "
        "then: pawl resume {}",
        x.run);
    end.verification = e.message;
    x.stop(e);
  } else {
    end.verification = describe(x.plan, found);
  }
  auto kept = co_await ledger::record_verification(c, x.run, end.verification, found.rows_stay,
                                                   x.in(limits::query_timeout));
  if (!kept) {
    x.stop(kept.error());
  }
  if (x.fatal) {
    co_return;
  }
  std::vector<std::string> from(1, "verifying");
  auto done = co_await ledger::set_state(c, x.run, "done", end.verification, std::move(from),
                                         x.in(limits::query_timeout));
  if (!done) {
    x.stop(done.error());
    co_return;
  }
  if (*done) {
    end.state = run_state::done;
    auto dropped = co_await ledger::drop_work_tables(c, x.run, x.in(limits::query_timeout));
    if (!dropped) {
      x.emit(notice{fmt::format("the work table was not dropped: {}", dropped.error().message)});
    }
    co_await analyze(c, end);
  }
}

// A mass update outdates the planner's statistics. Best effort: the change is done and verified.
asio::awaitable<void> runner::analyze(pg::connection& c, run_ended& end) {
  auto& x = *x_;
  std::vector<pg::statement> s;
  s.push_back(pg::apply_settings(x.own_settings));
  s.emplace_back("SELECT pg_catalog.set_config('statement_timeout', '10min', true)");
  s.emplace_back("ANALYZE " + x.plan.target);
  auto answers = co_await c.run(std::move(s), x.in(std::chrono::minutes{11}));
  if (answers.failure) {
    end.next_step = fmt::format("Run ANALYZE {}: it could not be done here ({}).", x.plan.target,
                                answers.failure->message);
  }
  for (auto& text : c.take_notices()) {
    x.emit(notice{std::move(text)});
  }
}

asio::awaitable<void> runner::stop_workers() {
  x_->tasks.stop();
  x_->changed.notify_all();
  co_await x_->children.join();
  x_->tasks.close_all();
}

asio::awaitable<void> runner::conclude(run_ended& end) {
  auto& x = *x_;
  const auto& last = control_->last();
  end.wal_bytes = control_->wal_bytes();
  if (end.state != run_state::done) {
    end.state = state_of(last.state);
    end.cause = x.fatal;
    if (!end.cause && !draining_) {
      end.cause = end_of_others(last);
    }
  }
  if (const auto known = control_->known_totals()) {
    end.rows_changed = known->rows_changed;
    end.rows_scanned = known->rows_scanned;
    end.rows_hot = known->rows_hot;
  }
  // Without a connection the ledger already says all that was committed.
  auto& c = control_->connection();
  if (!c.is_open()) {
    co_return;
  }
  if (end.cause && fails_the_run(end.cause->code) && end.state != run_state::failed) {
    co_await enter_state(run_state::failed, to_string(*end.cause), end);
  } else if (end.cause && end.cause->code == errc::cancelled) {
    co_await enter_state(run_state::cancelled, last.reason, end);
  } else if (end.cause && end.cause->code == errc::held) {
    co_await enter_state(run_state::held, end.cause->message, end);
  }
  co_await control_->report();
  auto t = co_await control_->totals();
  if (t) {
    end.rows_changed = t->rows_changed;
    end.rows_scanned = t->rows_scanned;
    end.rows_hot = t->rows_hot;
  } else if (!end.cause) {
    end.cause = t.error();
  }
  co_await control_->leave();
}

asio::awaitable<void> runner::enter_state(run_state state, std::string reason, run_ended& end) {
  auto set =
      co_await ledger::set_state(control_->connection(), x_->run, std::string{name_of(state)},
                                 std::move(reason), unfinished(), x_->in(limits::query_timeout));
  if (!set) {
    x_->emit(
        notice{fmt::format("state {} was not recorded: {}", name_of(state), set.error().message)});
    co_return;
  }
  if (*set) {
    end.state = state;
  }
}

// The run ended, or is to end, by somebody else's doing.
std::optional<error> runner::end_of_others(const ledger::pulse& last) const {
  error e;
  if (last.desired == "cancel" || last.state == "cancelled") {
    e.code = errc::cancelled;
    e.message = last.reason.empty() ? "cancelled by an operator" : last.reason;
    e.hint = fmt::format("Committed batches stay. To go on after all: pawl resume {}", x_->run);
    return e;
  }
  if (last.state == "failed") {
    e.code = errc::statement_failed;
    e.message = fmt::format("another runner stopped the run: {}", last.reason);
    e.hint = fmt::format("When the cause is mended: pawl resume {}", x_->run);
    return e;
  }
  return std::nullopt;
}

}  // namespace pawl::run
