// How to run a job: the choices of a caller. Durations are wall time.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace pawl {

struct run_options {
  // Recorded in the ledger, where they stay for whoever goes on. Absent: what the ledger says.
  std::optional<int> jobs;                          // connections that run batches
  std::optional<std::int64_t> batch_rows;           // fixed batch size; 0: adaptive
  std::optional<std::chrono::milliseconds> target;  // duration of one batch

  // Where neither the caller nor the ledger says anything. Not recorded.
  int jobs_default = 2;
  std::int64_t batch_rows_default = 0;
  std::chrono::milliseconds target_default{250};

  // Passes over each range that this runner cuts, a power of two; 0: as the table speaks for.
  int stripes = 0;

  std::int64_t batch_rows_min = 10;  // adaptive size stays within these two
  std::int64_t batch_rows_max = 200'000;

  bool restart = false;        // open a new generation even if the last one is unfinished or done
  bool accept_change = false;  // go on under a changed definition
  bool accept_server = false;  // go on on a server or table that is not the recorded one

  std::chrono::seconds hold_for{30 * 60};            // longest time without a checkpoint
  std::optional<std::chrono::seconds> max_duration;  // stop with work left after this
  std::chrono::milliseconds grace{5'000};            // for batches in flight, after a first signal
  std::chrono::seconds lease{15};
  std::chrono::seconds unreachable_for{120};  // how long a lost server is waited for

  // Limits of one batch: before what the job's file says (`-- pawl:timeout`), and behind it.
  std::optional<std::chrono::milliseconds> lock_timeout;
  std::optional<std::chrono::milliseconds> statement_timeout;
  std::optional<std::chrono::milliseconds> lock_timeout_default;
  std::optional<std::chrono::milliseconds> statement_timeout_default;

  std::string host;  // of this runner, for status
};

}  // namespace pawl
