// What a run tells about itself: values, emitted in order on the runner's thread.
//
// An observer only consumes: it must not block and cannot change the run. Every figure in an event
// was measured; what is not known is an empty optional. Durations are of the monotonic clock.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <pawl/error.hpp>
#include <string>
#include <variant>
#include <vector>

namespace pawl {

enum class run_state { running, paused, held, verifying, done, failed, cancelled };

std::string_view name_of(run_state state);

// First event of every run but for notices: what will happen, and where.
struct run_opened {
  std::int64_t run = 0;
  std::string job;
  int generation = 1;
  bool resumed = false;  // committed work was found
  std::string server;    // "host:port/database as role, PostgreSQL 15.20"; never a password
  std::string table;     // as the catalog names it, quoted where needed
  std::vector<std::string> key;
  std::string strategy;                       // "ranges of about 65536 rows by key (id) of t_pkey"
  std::string reason;                         // why that gives the one statement's result, a clause
  std::optional<std::int64_t> rows_estimate;  // reltuples over all leaves
  std::int64_t table_bytes = 0;
  int leaves = 1;
  int jobs = 0;  // connections of this runner
  std::chrono::milliseconds target{0};
  std::int64_t batch_rows = 0;  // first batch size, or the fixed one
  bool batch_rows_fixed = false;
  std::vector<std::string> notes;  // triggers, missing statistics, ...: one line each
};

struct range_claimed {
  int worker = 0;
  std::int64_t range = 0;
  bool takeover = false;  // it belonged to a runner that died
};

struct batch_committed {
  int worker = 0;
  std::int64_t range = 0;
  std::int64_t rows_changed = 0;
  std::int64_t rows_scanned = 0;  // rows of the key interval that the batch covered
  std::int64_t rows_hot = 0;
  std::chrono::microseconds duration{0};  // from BEGIN sent to the answer of COMMIT
};

struct batch_retried {
  int worker = 0;
  std::int64_t range = 0;
  error cause;
  std::string action;  // "retry", "smaller batch", "reconnect", "resolve commit", "hold"
  int attempt = 1;
  std::chrono::milliseconds delay{0};
};

struct state_changed {
  run_state state = run_state::running;
  std::string reason;  // empty when the state explains itself
};

// The ledger's own totals over all runners, read on the control connection.
struct totals_read {
  std::int64_t rows_changed = 0;
  std::int64_t rows_scanned = 0;
  std::int64_t rows_hot = 0;
  std::int64_t batches = 0;
  std::int64_t ranges_done = 0;
  std::int64_t ranges_found = 0;
  std::optional<double> fraction;  // 0..1 by position in the key space; unknown without statistics
  std::optional<std::int64_t> wal_bytes;  // written by the whole server since this runner started
  std::optional<std::string> waiting;     // "throttled ...", "blocked by session 4711 (psql, 32 s)"
  int runners = 1;
  std::int64_t batch_rows = 0;  // rows of the next batch
};

struct verify_progress {
  int round = 0;  // 0 = first look
  std::int64_t ranges_checked = 0;
  std::int64_t ranges_total = 0;
  std::int64_t rows_to_sweep = 0;  // pending rows that a sweep will change
  std::int64_t rows_stay = 0;      // rows that stay pending whatever is done
};

struct notice {
  std::string text;  // one line; a warning of the server or of pawl
};

// Last event of every run, whatever its end.
struct run_ended {
  run_state state = run_state::running;  // running: drained, stopped with work left
  std::optional<error> cause;
  std::int64_t run = 0;
  std::string job;
  std::int64_t rows_changed = 0;  // ledger's totals, all runners and all sessions of this run
  std::int64_t rows_scanned = 0;
  std::int64_t rows_hot = 0;
  std::int64_t rows_stay = 0;
  std::int64_t rows_changed_here = 0;                         // by this runner in this session
  std::chrono::milliseconds elapsed{0};                       // of this session
  std::optional<std::int64_t> wal_bytes;                      // server-wide, during this session
  std::vector<std::pair<std::string, std::int64_t>> retries;  // SQLSTATE or "lost" -> count
  std::string verification;  // what was checked and found; empty when not reached
  std::string next_step;     // full sentence, or empty
};

using event_body = std::variant<run_opened, range_claimed, batch_committed, batch_retried,
                                state_changed, totals_read, verify_progress, notice, run_ended>;

struct event {
  std::chrono::steady_clock::time_point at;
  std::chrono::system_clock::time_point wall;
  event_body body;
};

class observer {
 public:
  virtual ~observer() = default;
  virtual void on(const event& e) = 0;
};

}  // namespace pawl
