// Events of a run on a clock that only the test moves.
#pragma once

#include <pawl/events.hpp>
#include <utility>

namespace pawl::observe {

class simulated_run {
 public:
  // 2026-11-22T10:31:00.250Z
  static constexpr std::chrono::system_clock::time_point wall_start{
      std::chrono::milliseconds{1'795'343'460'250}};

  std::chrono::steady_clock::time_point now() const { return now_; }

  void pass(std::chrono::microseconds time) { now_ += time; }

  event at_this_moment(event_body body) const {
    const auto passed = now_ - start_;
    return {now_,
            wall_start + std::chrono::duration_cast<std::chrono::system_clock::duration>(passed),
            std::move(body)};
  }

 private:
  std::chrono::steady_clock::time_point start_{std::chrono::hours{5}};
  std::chrono::steady_clock::time_point now_ = start_;
};

inline run_opened an_opened_run() {
  run_opened e;
  e.run = 42;
  e.job = "backfill_currency_code";
  e.server = "127.0.0.1:5432/shop as app, PostgreSQL 15.20";
  e.table = "financials";
  e.key = {"id"};
  e.strategy = "keyset ranges over primary key (id)";
  e.rows_estimate = 2'000'000;
  e.table_bytes = 331'350'016;
  e.jobs = 2;
  e.target = std::chrono::milliseconds{250};
  e.batch_rows = 10'000;
  return e;
}

inline batch_committed a_batch(std::int64_t rows, std::chrono::microseconds duration) {
  batch_committed e;
  e.range = 1;
  e.rows_changed = rows;
  e.rows_scanned = rows;
  e.duration = duration;
  return e;
}

inline totals_read totals_of(std::int64_t rows, std::optional<double> fraction) {
  totals_read e;
  e.rows_changed = rows;
  e.rows_scanned = rows;
  e.fraction = fraction;
  return e;
}

inline batch_retried a_retry(std::string sqlstate, std::string message) {
  batch_retried e;
  e.range = 7;
  e.cause.code = errc::statement_failed;
  e.cause.sqlstate = std::move(sqlstate);
  e.cause.message = std::move(message);
  e.action = "retry";
  e.delay = std::chrono::milliseconds{120};
  return e;
}

inline run_ended an_ended_run(run_state state, std::int64_t rows) {
  run_ended e;
  e.state = state;
  e.run = 42;
  e.job = "backfill_currency_code";
  e.rows_changed = rows;
  e.rows_scanned = rows;
  e.rows_changed_here = rows;
  e.elapsed = std::chrono::milliseconds{14'200};
  return e;
}

}  // namespace pawl::observe
