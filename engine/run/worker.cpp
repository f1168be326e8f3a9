#include "run/worker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "pg/sqlstate.hpp"
#include "run/backoff.hpp"
#include "run/batch.hpp"
#include "run/find_range.hpp"
#include "run/limits.hpp"

namespace pawl::run {

namespace asio = boost::asio;

namespace {

std::string connection_name(const context& x, int worker) {
  return ledger::application_prefix(x.run) + std::to_string(worker + 1);
}

std::string printed(const ledger::key_values& key) {
  return fmt::format("{}{}{}", key.size() > 1 ? "(" : "", fmt::join(key, ", "),
                     key.size() > 1 ? ")" : "");
}

std::string key_names(const plan::key& by) {
  std::vector<std::string> names;
  for (const auto& column : by) {
    names.push_back(column.name);
  }
  return printed(names);
}

// "(1000, 2000]" of range 7, for messages.
std::string extent(const ledger::claim& claim, const batch_end& end) {
  const auto& lo = claim.at.pos ? claim.at.pos : claim.lo;
  return fmt::format("keys ({}, {}] of range {}", lo ? printed(*lo) : "-infinity", printed(end.key),
                     claim.number);
}

// A row of the work table, for people.
std::string row_of(const context& x, const ledger::claim& claim, const batch_end& end) {
  if (x.plan.by_what == plan::strategy::snapshot && x.plan.target_key.empty()) {
    return fmt::format("row {} that is to be inserted into {}", printed(end.key), x.plan.target);
  }
  const bool computed = x.plan.by_what == plan::strategy::snapshot;
  return fmt::format("row {} = {} of {}", key_names(computed ? x.plan.target_key : x.plan.by),
                     printed(end.key), computed ? x.plan.target : x.leaves.at(claim.leaf).name);
}

error batch_error(const context& x, const batch_outcome& outcome, const ledger::claim& claim,
                  const batch_end& end) {
  error e = outcome.cause;
  if (x.plan.by_what == plan::strategy::one_statement) {
    e.hint = fmt::format(
        "It is run as one statement, so nothing of it is committed. Mend the rows, then: pawl "
        "resume "
        "{}. Or mend the statement, then: pawl run {} --restart",
        x.run, x.plan.job.file);
    return e;
  }
  if (outcome.verdict == batch_verdict::bad_row) {
    e.code = errc::bad_row;
    e.message =
        fmt::format("{} cannot be changed: {}", row_of(x, claim, end), outcome.cause.message);
    e.hint = fmt::format(
        "Every row before it in range {} is committed. Mend the row or the statement, then go on: "
        "pawl resume {}",
        claim.number, x.run);
    return e;
  }
  if (outcome.verdict == batch_verdict::smaller) {
    e.message =
        fmt::format("even one row is too big, {}: {}", extent(claim, end), outcome.cause.message);
    e.hint = fmt::format(
        "Give a batch more time with `-- pawl:timeout statement=5min` in the job's file, or mend "
        "what is slow; then: pawl resume {}",
        x.run);
    return e;
  }
  e.message = fmt::format("{}: {}", extent(claim, end), outcome.cause.message);
  if (e.hint.empty()) {
    e.hint = fmt::format("Committed batches stay. When the cause is mended: pawl resume {}", x.run);
  }
  return e;
}

class worker_loop {
 public:
  worker_loop(context& x, int worker) : x_(x), worker_(worker), c_(x.executor), tracked_(x, c_) {}

  asio::awaitable<void> loop() {
    for (;;) {
      if (worker_ >= x_.tasks.workers()) {
        co_return;  // the number of connections was lowered
      }
      const auto a = x_.tasks.next(worker_, std::chrono::steady_clock::now());
      switch (a.what) {
        case assignment::kind::stop:
          co_return;
        case assignment::kind::wait:
          co_await x_.changed.wait(a.until);
          break;
        case assignment::kind::claim:
          co_await claim();
          break;
        case assignment::kind::look:
          co_await look();
          break;
        case assignment::kind::run:
          co_await run_batch(a.range->claim.number, *a.range);
          break;
      }
    }
  }

 private:
  asio::awaitable<void> claim() {
    const bool open = co_await ensure_open(x_, c_, connection_name(x_, worker_));
    if (!open) {
      x_.tasks.claim_failed();
      co_return;
    }
    auto found = co_await claim_or_cut(x_, c_);
    if (!found) {
      claim_failed(found.error());
      x_.changed.notify_all();
      co_return;
    }
    if (!*found) {
      x_.has_nothing_to_claim = true;
      x_.release_hold();
      x_.tasks.nothing_to_claim(x_.in(limits::idle_interval));
      x_.control_wanted.raise();
      x_.changed.notify_all();
      co_return;
    }
    claim_pause_ = {};
    if (std::exchange(x_.has_nothing_to_claim, false)) {
      x_.last_checkpoint = std::chrono::steady_clock::now();
    }
    range_claimed told;
    told.worker = worker_;
    told.range = (*found)->number;
    told.takeover = (*found)->takeover;
    x_.emit(told);
    auto& range = x_.tasks.add(std::move(**found), worker_);
    x_.changed.notify_all();
    co_await run_batch(range.claim.number, range);
  }

  // Best effort: a range that waits goes on without after a while.
  asio::awaitable<void> look() {
    std::uint64_t oldest = 0;
    const bool open = co_await ensure_open(x_, c_, connection_name(x_, worker_));
    if (open) {
      auto found = co_await ledger::read_horizon(c_, x_.in(limits::query_timeout));
      oldest = found ? *found : 0;
    }
    x_.tasks.horizon_is(oldest, std::chrono::steady_clock::now());
    x_.changed.notify_all();
  }

  void claim_failed(const error& e) {
    x_.tasks.claim_failed();
    x_.has_nothing_to_claim = false;
    claim_pause_ = next_pause(claim_pause_, x_.draw());
    count_retry(e);
    switch (c_.is_open() ? pg::action_of(e.sqlstate) : pg::action::reconnect) {
      case pg::action::retry:
      case pg::action::reconnect:
      case pg::action::interrupted:
        x_.tasks.nothing_to_claim(x_.in(claim_pause_));
        break;
      case pg::action::hold:
        x_.hold(e);
        break;
      default:
        x_.stop(e);
    }
  }

  void count_retry(const error& e) { ++x_.retries[e.sqlstate.empty() ? "lost" : e.sqlstate]; }

  // The range may be closed behind the first await; `number` stays valid.
  asio::awaitable<void> run_batch(std::int64_t number, open_range& range) {
    const bool open = co_await ensure_open(x_, c_, connection_name(x_, worker_));
    if (!open) {
      x_.tasks.postponed(number, {}, {});
      co_return;
    }
    if (!range.next || range.rows_limit) {
      const auto size = rows_of_next_batch(x_, range.claim);
      const auto wanted = std::min(size, range.rows_limit.value_or(size));
      auto end = co_await find_batch_end(x_, c_, range.claim, wanted);
      if (!end) {
        find_failed(number, range, end.error());
        co_return;
      }
      range.next = std::move(*end);
    }
    const batch_end end = *range.next;
    range.next.reset();
    auto outcome = co_await perform_batch(x_, c_, worker_, range.claim, end);
    co_await settle(range, end, std::move(outcome));
    x_.changed.notify_all();
    if (x_.tasks.is_empty()) {
      x_.control_wanted.raise();  // this may have been the last batch
    }
  }

  void find_failed(std::int64_t number, open_range& range, const error& e) {
    batch_outcome outcome;
    outcome.cause = e;
    const auto action = c_.is_open() ? pg::action_of(e.sqlstate) : pg::action::reconnect;
    if (action == pg::action::fail || action == pg::action::bad_row) {
      x_.tasks.postponed(number, {}, {});
      x_.stop(e);
      return;
    }
    if (action == pg::action::hold) {
      x_.hold(e);
    }
    try_later(range, e, "retry");
  }

  asio::awaitable<void> settle(open_range& range, batch_end end, batch_outcome outcome) {
    if (outcome.was_ambiguous) {
      count_retry(outcome.cause);
      tell_retry(range, outcome.cause, "resolve commit");
    }
    switch (outcome.verdict) {
      case batch_verdict::committed:
        committed(range, outcome);
        break;
      case batch_verdict::retry:
        co_await remember(range, outcome.cause);
        try_later(range, outcome.cause, "retry");
        break;
      case batch_verdict::smaller:
      case batch_verdict::bad_row:
        co_await remember(range, outcome.cause);
        narrow(range, end, outcome);
        break;
      case batch_verdict::hold:
        co_await remember(range, outcome.cause);
        x_.hold(outcome.cause);
        try_later(range, outcome.cause, "hold");
        break;
      case batch_verdict::interrupted:
        x_.tasks.postponed(range.claim.number, {}, {});
        co_await ask_for_pause(outcome.cause);
        break;
      case batch_verdict::stopped:
        x_.tasks.postponed(range.claim.number, {}, {});
        break;
      case batch_verdict::lost_claim:
        if (!x_.leaving) {
          x_.emit(notice{fmt::format("range {} went to another runner", range.claim.number)});
        }
        x_.tasks.closed(range.claim.number);
        break;
      case batch_verdict::failed: {
        const auto e = batch_error(x_, outcome, range.claim, end);
        x_.tasks.postponed(range.claim.number, {}, {});
        x_.stop(e);
        break;
      }
    }
  }

  void committed(open_range& range, batch_outcome& outcome) {
    const auto& p = outcome.progress;
    batch_committed told;
    told.worker = worker_;
    told.range = range.claim.number;
    told.rows_changed = p.rows_changed;
    told.rows_scanned = p.rows_scanned;
    told.rows_hot = p.rows_hot;
    told.duration = outcome.duration;
    x_.here.rows_changed += p.rows_changed;
    x_.here.rows_scanned += p.rows_scanned;
    x_.here.rows_hot += p.rows_hot;
    x_.last_checkpoint = std::chrono::steady_clock::now();
    x_.size_of(range.claim).record(outcome.rows_walked / range.claim.stripes, outcome.duration);
    range.claim.at = p.to;
    range.claim.xid = outcome.xid;
    range.claim.rows_scanned += p.rows_scanned;
    range.claim.attempts = 0;
    range.next = std::move(outcome.next);
    if (p.done) {
      x_.tasks.closed(range.claim.number);
    } else {
      x_.tasks.advanced(range.claim.number, std::chrono::steady_clock::now());
    }
    x_.emit(told);
    x_.release_hold();
  }

  void tell_retry(const open_range& range, const error& cause, std::string action) {
    batch_retried told;
    told.worker = worker_;
    told.range = range.claim.number;
    told.cause = cause;
    told.action = std::move(action);
    told.attempt = range.claim.attempts + 1;
    told.delay = range.pause;
    x_.emit(told);
  }

  // For status, and for a later holder; best effort, since the connection may be what failed.
  asio::awaitable<void> remember(open_range& range, error cause) {
    count_retry(cause);
    ++range.claim.attempts;
    if (c_.is_open()) {
      auto kept =
          co_await c_.query(ledger::postpone(range.claim, range.claim.attempts, cause.sqlstate),
                            x_.in(limits::query_timeout));
      if (!kept) {
        x_.emit(
            notice{fmt::format("the failed attempt was not recorded: {}", kept.error().message)});
      }
    }
  }

  void try_later(open_range& range, const error& cause, std::string action) {
    const auto pause = next_pause(range.pause, x_.draw());
    x_.tasks.postponed(range.claim.number, x_.in(pause), pause);
    tell_retry(range, cause, std::move(action));
  }

  void narrow(open_range& range, const batch_end& end, const batch_outcome& outcome) {
    // One statement cannot be halved: it would only fail again.
    if (end.wanted <= 1 || x_.plan.by_what == plan::strategy::one_statement) {
      const auto e = batch_error(x_, outcome, range.claim, end);
      x_.tasks.postponed(range.claim.number, {}, {});
      x_.stop(e);
      return;
    }
    const auto half =
        std::max<std::int64_t>(1, std::min(end.wanted, std::max<std::int64_t>(end.rows, 2)) / 2);
    if (outcome.verdict == batch_verdict::smaller) {
      x_.size_of(range.claim).shrink_below(end.wanted / range.claim.stripes);
    }
    range.rows_limit = half;
    x_.tasks.postponed(range.claim.number, {}, {});
    tell_retry(range, outcome.cause, "smaller batch");
  }

  asio::awaitable<void> ask_for_pause(error cause) {
    const auto reason = fmt::format("a statement of worker {} was cancelled by somebody ({})",
                                    worker_ + 1, cause.message);
    auto asked = co_await ledger::request(c_, x_.run, "pause", "{}", reason, x_.options.host,
                                          x_.in(limits::query_timeout));
    if (!asked) {
      x_.emit(notice{fmt::format("the pause was not recorded: {}", asked.error().message)});
    }
    x_.control_wanted.raise();
  }

  context& x_;
  int worker_;
  pg::connection c_;
  tracked tracked_;
  std::chrono::milliseconds claim_pause_{0};
};

}  // namespace

asio::awaitable<void> work(context& x, int worker) {
  worker_loop one{x, worker};
  co_await one.loop();
  x.workers.at(worker).is_running = false;
}

void spawn_workers(context& x) {
  for (int worker = 0; worker < x.tasks.workers(); ++worker) {
    auto& status = x.workers[worker];
    if (!status.is_running) {
      status.is_running = true;
      x.children.spawn(work(x, worker));
    }
  }
}

}  // namespace pawl::run
