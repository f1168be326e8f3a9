#include "observe/progress_model.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace pawl::observe {
namespace {

namespace chrono = std::chrono;

constexpr chrono::seconds window_span{60};
constexpr int window_batches = 20;

chrono::seconds whole_seconds(chrono::steady_clock::duration d) {
  return chrono::floor<chrono::seconds>(std::max(d, chrono::steady_clock::duration::zero()));
}

double fractional_seconds(chrono::steady_clock::duration d) {
  return chrono::duration<double>(d).count();
}

}  // namespace

std::int64_t progress_snapshot::retries_total() const {
  return std::accumulate(retries.begin(), retries.end(), std::int64_t{0},
                         [](std::int64_t sum, const auto& cause) { return sum + cause.second; });
}

std::string retry_cause(const error& e) {
  if (!e.sqlstate.empty()) {
    return e.sqlstate;
  }
  return e.code == errc::connection_lost ? "lost" : name_of(e.code);
}

void progress_model::stopwatch::run(bool on, time_point at) {
  if (since_ && !on) {
    total_ += at - *since_;
    since_.reset();
  } else if (!since_ && on) {
    since_ = at;
  }
}

progress_model::duration progress_model::stopwatch::total(time_point now) const {
  return since_ ? total_ + (now - *since_) : total_;
}

void progress_model::running_total::add(std::int64_t own) {
  known_ += own;
  shown_ = std::max(shown_, known_);
}

void progress_model::running_total::read(std::int64_t total) {
  known_ = total;
  shown_ = std::max(shown_, known_);
}

void progress_model::running_total::end(std::int64_t total) {
  known_ = total;
  shown_ = total;
}

progress_model::progress_model()
    : rows_window_(window_span, window_batches), wal_window_(window_span, 1) {}

void progress_model::apply(const event& e) {
  if (!begun_) {
    begun_ = true;
    started_ = state_since_ = last_commit_ = e.at;
  }
  at_ = e.at;
  wall_ = e.wall;
  if (!ended_) {
    std::visit([this](const auto& body) { take(body); }, e.body);
  }
}

void progress_model::take(const run_opened& e) {
  opened_ = e;
  batch_rows_ = e.batch_rows;
  // A fresh run has nothing committed; what a resumed one has, the ledger will tell.
  totals_known_ = !e.resumed;
  set_clocks();
}

void progress_model::take(const range_claimed& e) {
  row_of(e.worker).range = e.range;
}

void progress_model::take(const batch_committed& e) {
  last_commit_ = at_;
  ++batches_;
  durations_.record(e.duration);
  const std::int64_t before = scanned_.shown();
  scanned_.add(e.rows_scanned);
  changed_.add(e.rows_changed);
  hot_.add(e.rows_hot);
  count_rows(scanned_.shown() - before);

  worker_row& row = row_of(e.worker);
  row.range = e.range;
  ++row.batches;
  row.rows_changed += e.rows_changed;
  row.last_batch = e.duration;
  row.trouble.clear();
}

void progress_model::take(const batch_retried& e) {
  const std::string cause = retry_cause(e.cause);
  ++retries_[cause];
  worker_row& row = row_of(e.worker);
  row.range = e.range;
  row.trouble = fmt::format("{} {}, attempt {}", e.action, cause, e.attempt);
}

void progress_model::take(const state_changed& e) {
  if (e.state != state_) {
    state_since_ = at_;
  }
  state_ = e.state;
  reason_ = e.reason;
  set_clocks();
}

void progress_model::take(const totals_read& e) {
  // What was there before this session, or before it was read for the first time, is not its work.
  const std::int64_t before = scanned_.shown();
  scanned_.read(e.rows_scanned);
  changed_.read(e.rows_changed);
  hot_.read(e.rows_hot);
  count_rows(totals_known_ ? scanned_.shown() - before : 0);
  totals_known_ = true;

  if (e.fraction && !std::isnan(*e.fraction)) {
    advance_to(*e.fraction);
  }
  if (e.waiting && !waiting_) {
    waiting_since_ = at_;
  }
  waiting_ = e.waiting;
  if (e.wal_bytes) {
    const std::int64_t written = *e.wal_bytes - wal_bytes_.value_or(0);
    wal_window_.add(at_ - started_, static_cast<double>(std::max<std::int64_t>(written, 0)));
    wal_bytes_ = e.wal_bytes;
  }
  runners_ = e.runners;
  batch_rows_ = e.batch_rows > 0 ? e.batch_rows : batch_rows_;
  set_clocks();
}

void progress_model::take(const verify_progress& e) {
  verify_ = e;
}

void progress_model::take(const run_ended& e) {
  if (e.state != state_) {
    state_since_ = at_;
  }
  state_ = e.state;
  reason_ = e.cause ? e.cause->message : std::string{};
  waiting_.reset();
  scanned_.end(e.rows_scanned);
  changed_.end(e.rows_changed);
  hot_.end(e.rows_hot);
  totals_known_ = true;
  if (e.state == run_state::done) {
    fraction_ = 1.0;
  }
  retries_.clear();
  retries_.insert(e.retries.begin(), e.retries.end());
  set_clocks();
  running_.run(false, at_);
  unhindered_.run(false, at_);
  ended_ = e;
}

void progress_model::advance_to(double fraction) {
  const double reached = std::clamp(fraction, fraction_.value_or(0), 1.0);
  // The first reading of a resumed run is where it starts, not what it has gained.
  const double start = fraction_.value_or(opened_ && !opened_->resumed ? 0.0 : reached);
  // What was gained while the clock of unhindered time stood still would count as infinitely fast.
  if (state_ == run_state::running && !waiting_) {
    remaining_.advance(unhindered_.total(at_), reached - start);
  }
  fraction_ = reached;
}

void progress_model::set_clocks() {
  const bool running = state_ == run_state::running;
  running_.run(running, at_);
  unhindered_.run(running && !waiting_, at_);
}

void progress_model::count_rows(std::int64_t gained) {
  rows_gained_ += gained;
  rows_window_.add(running_.total(at_), static_cast<double>(gained));
}

worker_row& progress_model::row_of(int worker) {
  worker_row& row = workers_[worker];
  row.worker = worker;
  return row;
}

std::optional<eta_estimate> progress_model::eta(time_point now) const {
  const bool walks =
      state_ == run_state::running || state_ == run_state::paused || state_ == run_state::held;
  if (ended_ || !walks || !fraction_) {
    return std::nullopt;
  }
  const auto remaining = remaining_.at(unhindered_.total(now), *fraction_);
  if (!remaining) {
    return std::nullopt;
  }
  return eta_estimate{remaining->left, remaining->spread, state_ != run_state::running || waiting_,
                      wall_at(now) + remaining->left};
}

std::chrono::system_clock::time_point progress_model::wall_at(time_point now) const {
  return wall_ + chrono::duration_cast<chrono::system_clock::duration>(now - at_);
}

progress_snapshot progress_model::at(time_point now) const {
  progress_snapshot s;
  if (opened_) {
    s.run = opened_->run;
    s.job = opened_->job;
    s.rows_estimate = opened_->rows_estimate;
    s.jobs = opened_->jobs;
  }
  s.wall = wall_at(now);
  s.elapsed =
      ended_ ? chrono::floor<chrono::seconds>(ended_->elapsed) : whole_seconds(now - started_);
  s.state = state_;
  s.reason = reason_;
  s.state_for = whole_seconds(now - state_since_);
  s.ended = ended_.has_value();
  s.fraction = fraction_;
  describe_pace(s, now);
  describe_work(s);
  return s;
}

void progress_model::describe_pace(progress_snapshot& s, time_point now) const {
  const duration running = running_.total(now);
  const bool moves = state_ == run_state::running && !ended_;
  const duration hindered = running - unhindered_.total(now);
  s.waiting = state_ == run_state::running ? waiting_ : std::nullopt;
  s.waiting_for = s.waiting ? whole_seconds(now - waiting_since_) : chrono::seconds{0};
  s.waiting_share =
      running > duration::zero() ? fractional_seconds(hindered) / fractional_seconds(running) : 0;
  if (rows_gained_ > 0) {
    s.rate = moves ? rows_window_.per_second(running) : std::nullopt;
    // By whole seconds between the events, so that it does not flicker.
    const duration seen = std::max<duration>(at_ - started_, whole_seconds(now - started_));
    const duration elapsed = ended_ ? duration{ended_->elapsed} : seen;
    if (elapsed >= (ended_ ? duration{1} : duration{chrono::seconds{1}})) {
      s.rate_mean = static_cast<double>(rows_gained_) / fractional_seconds(elapsed);
    }
  }
  s.wal_rate = wal_window_.per_second(now - started_);
  s.eta = eta(now);
  s.silence = whole_seconds(now - last_commit_);
}

void progress_model::describe_work(progress_snapshot& s) const {
  if (totals_known_) {
    s.rows_scanned = scanned_.shown();
    s.rows_changed = changed_.shown();
  }
  if (changed_.shown() > 0) {
    s.hot_share =
        std::min(1.0, static_cast<double>(hot_.shown()) / static_cast<double>(changed_.shown()));
  }
  s.runners = runners_;
  s.batch_rows = batch_rows_;
  s.batches = batches_;
  if (durations_.count() > 0) {
    s.latency = batch_latency{durations_.quantile(0.5), durations_.quantile(0.95),
                              durations_.quantile(0.99)};
  }
  s.retries = retries_;
  s.verify = verify_;
  for (const auto& [worker, row] : workers_) {
    s.workers.push_back(row);
  }
}

}  // namespace pawl::observe
