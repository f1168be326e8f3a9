// The state of a run at one moment, as every view shows it. A value; what was not measured is
// empty.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <pawl/events.hpp>
#include <string>
#include <vector>

namespace pawl::observe {

struct eta_estimate {
  std::chrono::seconds left{0};
  std::chrono::seconds spread{0};            // left +- spread, about two standard errors
  bool after_resume = false;                 // the run stands still: `left` begins when it goes on
  std::chrono::system_clock::time_point at;  // when it ends; means nothing with after_resume

  bool operator==(const eta_estimate&) const = default;
};

struct batch_latency {
  std::chrono::microseconds p50{0};
  std::chrono::microseconds p95{0};
  std::chrono::microseconds p99{0};

  bool operator==(const batch_latency&) const = default;
};

struct worker_row {
  int worker = 0;
  std::int64_t range = 0;
  std::int64_t batches = 0;
  std::int64_t rows_changed = 0;
  std::chrono::microseconds last_batch{0};
  std::string trouble;  // "retry 40P01, attempt 2"; empty as soon as a batch commits

  bool operator==(const worker_row&) const = default;
};

struct progress_snapshot {
  std::int64_t run = 0;
  std::string job;
  std::chrono::system_clock::time_point wall;
  std::chrono::seconds elapsed{0};

  run_state state = run_state::running;
  std::string reason;
  std::chrono::seconds state_for{0};
  bool ended = false;  // nothing will change any more

  // Set while the run is running but something makes it wait.
  std::optional<std::string> waiting;
  std::chrono::seconds waiting_for{0};
  double waiting_share = 0;  // of the time in state running, 0..1

  std::optional<double> fraction;            // 0..1 by position, never less than before
  std::optional<std::int64_t> rows_scanned;  // all runners and sessions; empty until read
  std::optional<std::int64_t> rows_changed;
  std::optional<std::int64_t> rows_estimate;
  std::optional<double> rate;       // rows scanned a second, recently; while running
  std::optional<double> rate_mean;  // and in all of this session, pauses and all
  std::optional<eta_estimate> eta;

  int jobs = 0;
  int runners = 1;
  std::int64_t batch_rows = 0;
  std::int64_t batches = 0;  // of this session, as `latency` and `workers`
  std::optional<batch_latency> latency;
  std::map<std::string, std::int64_t> retries;  // SQLSTATE or "lost" -> count
  std::optional<double> hot_share;              // of the rows changed
  std::optional<double> wal_rate;               // bytes a second, whole server
  std::chrono::seconds silence{0};              // since the last commit, or since the start
  std::optional<verify_progress> verify;
  std::vector<worker_row> workers;

  std::int64_t retries_total() const;
};

// Under which name an error is counted: its SQLSTATE, "lost" for a lost connection, else PAWL-nnn.
std::string retry_cause(const error& e);

}  // namespace pawl::observe
