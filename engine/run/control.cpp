#include "run/control.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "run/limits.hpp"

namespace pawl::run {

namespace asio = boost::asio;

namespace {

using std::chrono::steady_clock;

std::vector<std::string> states(std::string_view first, std::string_view second = {}) {
  std::vector<std::string> list{std::string{first}};
  if (!second.empty()) {
    list.emplace_back(second);
  }
  return list;
}

}  // namespace

asio::awaitable<result<void>> control::enter() {
  auto open = co_await ensure_connection();
  if (!open) {
    co_return x_.fatal.value_or(error{});
  }
  ledger::runner_card card;
  card.id = x_.runner;
  card.run = x_.run;
  card.host = x_.options.host;
  card.version = PAWL_VERSION;
  card.connections = x_.tasks.workers();
  card.lease = x_.options.lease;
  // Behind a pooler the pid that libpq was told is not the backend's.
  auto pid = co_await c_.query(std::string{"SELECT pg_catalog.pg_backend_pid()"},
                               x_.in(limits::query_timeout));
  if (!pid) {
    co_return pid.error();
  }
  const auto backend = static_cast<int>(pid->integer(0, 0));
  card.pid = backend == c_.backend_pid() ? backend : 0;
  co_return co_await ledger::register_runner(c_, std::move(card), x_.in(limits::query_timeout));
}

asio::awaitable<bool> control::ensure_connection() {
  return ensure_open(x_, c_, ledger::application_prefix(x_.run) + "control");
}

asio::awaitable<bool> control::poll() {
  const bool was_open = c_.is_open();
  const bool open = co_await ensure_connection();
  if (!open) {
    co_return false;
  }
  // Whether this runner lives is judged by the backend of this connection.
  if (!was_open) {
    auto again = co_await enter();
    if (!again) {
      co_return false;
    }
  }
  auto p =
      co_await ledger::beat(c_, x_.run, x_.runner, x_.options.lease, x_.in(limits::query_timeout));
  if (!p) {
    if (p.error().code == errc::unknown_run) {
      x_.stop(p.error());
    }
    co_return false;
  }
  last_ = std::move(*p);
  if (!first_wal_) {
    first_wal_ = last_.wal_position;
  }
  if (!last_.registered) {
    auto again = co_await enter();
    if (!again) {
      co_return false;
    }
  }
  co_return true;
}

std::optional<std::int64_t> control::wal_bytes() const {
  return first_wal_ ? std::optional{last_.wal_position - *first_wal_} : std::nullopt;
}

void control::tune() {
  const auto& wanted = last_.tuned;
  x_.target = wanted.target.value_or(x_.options.target_default);
  const auto rows = wanted.batch_rows.value_or(x_.options.batch_rows_default);
  if (rows > 0) {
    // Only when it changed: a size that proved too big stays halved.
    if (fixed_rows_ != rows) {
      x_.size.fix(rows);
      x_.later_size.fix(rows);
    }
  } else {
    x_.size.adapt({x_.options.batch_rows_min, x_.options.batch_rows_max, x_.target});
    x_.later_size.adapt({x_.options.batch_rows_min, x_.options.batch_rows_max, x_.target});
  }
  fixed_rows_ = rows;
  const int jobs = std::min(wanted.jobs.value_or(x_.options.jobs_default), limits::jobs_max);
  if (jobs != x_.tasks.workers()) {
    x_.tasks.set_workers(jobs);
    spawn_workers(x_);
    x_.changed.notify_all();
  }
}

bool control::is_overdue() const {
  const bool idle = x_.has_nothing_to_claim && x_.tasks.is_empty();
  return !idle && steady_clock::now() - x_.last_checkpoint > x_.options.hold_for;
}

// Keeps the ledger's word for the state in step with what the scheduler does.
asio::awaitable<void> control::record_hold() {
  const auto deadline = x_.in(limits::query_timeout);
  if (x_.tasks.is_held() && last_.state == "running") {
    auto from = states("running");
    auto set =
        co_await ledger::set_state(c_, x_.run, "held", x_.held_reason, std::move(from), deadline);
    if (!set) {
      x_.emit(notice{fmt::format("state held was not recorded: {}", set.error().message)});
    }
    was_held_ = true;
  } else if (!x_.tasks.is_held() && last_.state == "held" && (was_held_ || last_.runners == 1)) {
    auto from = states("held");
    auto set = co_await ledger::set_state(c_, x_.run, "running", "", std::move(from), deadline);
    if (!set) {
      x_.emit(notice{fmt::format("state running was not recorded: {}", set.error().message)});
      co_return;
    }
    was_held_ = false;
  }
}

asio::awaitable<void> control::obey() {
  const bool wants_pause = last_.desired == "pause";
  if (wants_pause != paused_) {
    paused_ = wants_pause;
    x_.tasks.pause(paused_);
    x_.changed.notify_all();
    x_.last_checkpoint = steady_clock::now();
    x_.emit(state_changed{paused_ ? run_state::paused : run_state::running, last_.reason});
  }
  if (paused_ && last_.state != "paused" && x_.tasks.is_idle()) {
    auto from = states("running", "held");
    auto set = co_await ledger::set_state(c_, x_.run, "paused", last_.reason, std::move(from),
                                          x_.in(limits::query_timeout));
    if (!set) {
      x_.emit(notice{fmt::format("state paused was not recorded: {}", set.error().message)});
    }
  }
  if (!paused_ && is_overdue()) {
    error e;
    e.code = errc::held;
    e.message = fmt::format("no batch was committed for {} s: {}", x_.options.hold_for.count(),
                            x_.held_reason.empty() ? "see the retries above" : x_.held_reason);
    e.hint =
        fmt::format("Everything committed is kept. When the cause is gone: pawl resume {}", x_.run);
    x_.stop(e);
  }
  co_await record_hold();
}

asio::awaitable<void> control::report() {
  auto t = co_await ledger::read_totals(c_, x_.run, x_.in(limits::query_timeout));
  if (!t) {
    co_return;  // the next poll tells; a lost connection is not news by itself
  }
  remember(*t);
  totals_read told;
  told.rows_changed = t->rows_changed;
  told.rows_scanned = t->rows_scanned;
  told.rows_hot = t->rows_hot;
  told.batches = t->batches;
  told.ranges_done = t->ranges_done;
  told.ranges_found = t->ranges_found;
  const bool has_statistics =
      std::all_of(x_.plan.leaves.begin(), x_.plan.leaves.end(),
                  [](const plan::leaf& l) { return !l.histogram.empty() || l.rows == 0; });
  if (has_statistics) {
    told.fraction = std::min(t->fraction, 1.0);
  }
  told.wal_bytes = wal_bytes();
  told.runners = last_.runners;
  told.batch_rows = x_.size.rows();
  const auto silent = steady_clock::now() - x_.last_checkpoint;
  if (!paused_ && silent > 4 * std::chrono::milliseconds{limits::lock_timeout}) {
    auto found = co_await ledger::blockers(c_, ledger::application_prefix(x_.run),
                                           x_.in(limits::query_timeout));
    if (found && !found->empty()) {
      told.waiting = fmt::format("blocked by {}", fmt::join(*found, ", "));
      x_.held_reason = *told.waiting;
    }
  }
  x_.emit(told);
}

asio::awaitable<control_news> control::watch() {
  for (;;) {
    if (x_.leaving || x_.children.has_failed()) {
      co_return control_news::over;
    }
    const bool fresh = co_await poll();
    if (fresh) {
      tune();
      co_await obey();
      co_await report();
      const auto& s = last_.state;
      if (s == "done" || s == "failed" || s == "cancelled" || last_.desired == "cancel") {
        co_return control_news::over;
      }
      if (last_.round != x_.round) {
        x_.round = last_.round;
        x_.tasks.ask_again();
        x_.changed.notify_all();
      }
      if (last_.exhausted && last_.ranges_open == 0 && x_.tasks.is_empty() && !paused_) {
        co_return control_news::no_work;
      }
    }
    if (!x_.leaving) {
      co_await x_.control_wanted.wait(x_.in(limits::poll_interval));
    }
  }
}

asio::awaitable<void> control::keep_alive(const bool& busy) {
  while (busy && !x_.leaving) {
    co_await poll();
    if (busy && !x_.leaving) {
      co_await x_.control_wanted.wait(x_.in(limits::poll_interval));
    }
  }
}

asio::awaitable<void> control::leave() {
  if (!c_.is_open()) {
    co_return;  // the lease, or the end of this connection, tells the others
  }
  auto left = co_await ledger::remove_runner(c_, x_.run, x_.runner, x_.in(limits::connect_timeout));
  if (!left) {
    x_.emit(notice{
        fmt::format("this runner was not taken out of the ledger: {}", left.error().message)});
  }
}

asio::awaitable<result<ledger::totals>> control::totals() {
  auto t = co_await ledger::read_totals(c_, x_.run, x_.in(limits::query_timeout));
  if (t) {
    remember(*t);
  }
  co_return t;
}

void control::remember(const ledger::totals& t) {
  known_ = t;
  at_known_ = x_.here;
}

std::optional<ledger::totals> control::known_totals() const {
  auto now = known_;
  if (now) {
    now->rows_changed += x_.here.rows_changed - at_known_.rows_changed;
    now->rows_scanned += x_.here.rows_scanned - at_known_.rows_scanned;
    now->rows_hot += x_.here.rows_hot - at_known_.rows_hot;
  }
  return now;
}

}  // namespace pawl::run
