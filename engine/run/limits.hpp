// Limits of a run, each with its reason.
#pragma once

#include <chrono>
#include <cstdint>

namespace pawl::run::limits {

using namespace std::chrono_literals;

// Rows of a range. Some ten thousand keep the ledger small (10^9 rows are 15,000 ranges) and let
// two workers share a table of 100,000 rows; more would make a lost claim dearer to take over.
inline constexpr std::int64_t range_rows = 65'536;

// A range that is changed in passes should stay in the cache until its last one: some ten of them
// are open at a time, and a server's default cache has 128 MB.
inline constexpr double range_bytes_max = 16.0 * (1 << 20);
inline constexpr std::int64_t range_rows_min = 4'096;
// Passes over fewer rows cost more than they save.
inline constexpr std::int64_t striped_rows_min = 2'048;

inline constexpr int jobs_max = 256;
inline constexpr std::int64_t first_batch_rows = 1'000;

// The batch's own timers. A row lock that is not free soon is tried again later, elsewhere first:
// while it waits, a batch holds locks that the application may want.
inline constexpr auto lock_timeout = 2s;
inline constexpr auto statement_timeout_min = 30s;
inline constexpr int statement_timeout_targets = 20;  // or so many target durations
inline constexpr auto idle_in_transaction_timeout = 10s;
static_assert(lock_timeout < statement_timeout_min,
              "else a lock wait would end with 57014, which means too big");

// What the client adds to the server's timers before it takes a connection for lost.
inline constexpr auto answer_slack = 10s;
inline constexpr auto connect_timeout = 10s;
inline constexpr auto query_timeout = 60s;  // catalog, ledger, finding a range
// Behind the signal to cancel: a server that does not answer within this is left to itself.
inline constexpr auto cancel_wait = 2s;
// A run that is not open yet after this says what it waits for.
inline constexpr auto opening_patience = 3s;

// A batch that reads a table as a whole is refused (the one it walks) or remarked on from this
// size.
inline constexpr std::int64_t whole_scan_bytes_max = std::int64_t{8} << 20;
// Batches that `pawl plan --sample` runs and rolls back, at most.
inline constexpr int sample_batches_max = 1'000;

// What is computed once takes as long as the one statement would; a lost server is noticed by the
// connection.
inline constexpr auto snapshot_timeout = 24h;

// The horizon is read at most this often while a range waits for it (0.1 ms of the server's time
// with some hundred sessions), and one value of it is waited for this long.
inline constexpr auto look_interval = 10ms;
inline constexpr auto horizon_patience = 1s;

// Heartbeat and poll of the run's row; a third of the shortest sensible lease.
inline constexpr auto poll_interval = 1s;
// An idle worker looks for work again after this, or when it is told.
inline constexpr auto idle_interval = 1s;

// Pauses between attempts (decorrelated jitter).
inline constexpr auto backoff_min = 50ms;
inline constexpr auto backoff_max = 10s;
// While the environment forbids to go on, one batch probes it this often.
inline constexpr auto probe_interval = 5s;

// Ranges that a runner keeps open beyond one for each worker, when some wait for another attempt.
inline constexpr int spare_ranges = 8;

// Looks for rows that became pending meanwhile; an application that keeps adding ends it.
inline constexpr int sweep_rounds_max = 5;
// Ranges of one sweep round, and of one page of the verifier's list.
inline constexpr int range_page = 1'000;

// A run without a checkpoint for this long is shown as stalled.
inline constexpr auto stalled_min = 60s;
inline constexpr int stalled_targets = 20;

}  // namespace pawl::run::limits
