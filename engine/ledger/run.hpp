// Runs: opening, joining, heartbeat, state, totals, events. The only code that writes run, leaf,
// runner and event rows on behalf of a runner.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <pawl/events.hpp>
#include <string>
#include <vector>

#include "ledger/range.hpp"
#include "pg/connection.hpp"
#include "pg/settings.hpp"

namespace pawl::ledger {

// What an operator may change while a run goes on. Absent: the runner's own choice.
struct tunables {
  std::optional<int> jobs;
  std::optional<std::int64_t> batch_rows;  // fixed size; 0: adaptive
  std::optional<std::chrono::milliseconds> target;

  bool operator==(const tunables&) const = default;
};

// What makes a run go on without its job's file.
struct definition {
  std::string file;
  std::string text;
  int job = 0;  // which job of the file

  bool operator==(const definition&) const = default;
};

struct run_record {
  std::int64_t id = 0;
  std::string name;
  int generation = 1;
  definition what;
  std::string sha256;
  std::string state;
  std::string desired;
  std::string reason;
  std::uint32_t target_oid = 0;
  std::string target;
  pg::settings session;
  tunables tuned;
  int round = 0;
  std::string verification;
  std::int64_t rows_stay = 0;
  std::int64_t system_identifier = 0;
  int timeline = 0;
  int protocol = 0;
  std::string engine;
  std::string opened_at;
  std::string state_since;
  std::string opened_by;
};

struct leaf_record {
  int number = 0;
  std::uint32_t oid = 0;
  std::string name;
  double share = 0;
  std::optional<key_values> bound;
  std::optional<key_values> frontier;
  bool exhausted = false;
};

// A leaf to be recorded with a new run.
struct new_leaf {
  std::uint32_t oid = 0;
  std::string name;
  double share = 0;
  std::optional<key_values> bound;  // nullopt: the leaf is empty
};

struct new_run {
  std::string name;
  definition what;
  std::string sha256;
  std::uint32_t target_oid = 0;
  std::string target;
  pg::settings session;
  tunables tuned;
  std::int64_t system_identifier = 0;
  int timeline = 0;
  std::string engine;
};

// By number, or by name (latest generation); nullopt if there is none.
boost::asio::awaitable<result<std::optional<run_record>>> find(pg::connection& c, std::string name,
                                                               pg::time_point deadline);

// Begins the transaction in which a run of this name may be inserted, holding off others who open
// the same name, and returns what is there already. Ended by insert() or by leave().
boost::asio::awaitable<result<std::optional<run_record>>> enter(pg::connection& c, std::string name,
                                                                pg::time_point deadline);
boost::asio::awaitable<result<std::int64_t>> insert(pg::connection& c, new_run r, int generation,
                                                    std::vector<new_leaf> leaves,
                                                    pg::time_point deadline);
boost::asio::awaitable<result<void>> leave(pg::connection& c, pg::time_point deadline);

boost::asio::awaitable<result<void>> accept_definition(pg::connection& c, std::int64_t run,
                                                       definition what, std::string sha256,
                                                       pg::time_point deadline);
// Ends an older generation in the open transaction of enter(). Errors: wrong_state when runners
// still work on it.
boost::asio::awaitable<result<void>> supersede(pg::connection& c, std::int64_t run,
                                               pg::time_point deadline);
// Sets what is present, and notes it.
boost::asio::awaitable<result<void>> tune(pg::connection& c, std::int64_t run, tunables t,
                                          pg::time_point deadline);
// With `tables` also each leaf becomes the table that has its name now.
boost::asio::awaitable<result<void>> accept_server(pg::connection& c, std::int64_t run,
                                                   std::int64_t system_identifier, int timeline,
                                                   std::uint32_t target_oid, bool tables,
                                                   pg::time_point deadline);

boost::asio::awaitable<result<std::vector<leaf_record>>> leaves(pg::connection& c, std::int64_t run,
                                                                pg::time_point deadline);
// The name of a run's work table, schema-qualified.
boost::asio::awaitable<result<std::string>> work_table(pg::connection& c, std::string name,
                                                       int generation, pg::time_point deadline);
// Those of a run, if it has any; in the transaction that `c` is in, or in their own.
boost::asio::awaitable<result<void>> drop_work_tables(pg::connection& c, std::int64_t run,
                                                      pg::time_point deadline);

boost::asio::awaitable<result<void>> add_leaf(pg::connection& c, std::int64_t run, new_leaf l,
                                              pg::time_point deadline);
boost::asio::awaitable<result<void>> extend_bound(pg::connection& c, std::int64_t run, int leaf,
                                                  key_values bound, pg::time_point deadline);

struct runner_card {
  std::string id;
  std::int64_t run = 0;
  std::string host;
  std::string version;
  int connections = 0;
  int pid = 0;  // 0 where pids do not last, behind a pooler
  std::chrono::seconds lease{15};
};
boost::asio::awaitable<result<void>> register_runner(pg::connection& c, runner_card r,
                                                     pg::time_point deadline);
// Frees its ranges and removes it, in one transaction.
boost::asio::awaitable<result<void>> remove_runner(pg::connection& c, std::int64_t run,
                                                   std::string runner, pg::time_point deadline);

struct pulse {
  std::string state;
  std::string desired;
  std::string reason;
  tunables tuned;
  int round = 0;
  std::string verifier;
  int runners = 0;
  bool exhausted = false;        // no range is left to be cut
  std::int64_t ranges_open = 0;  // cut, not done
  std::int64_t wal_position = 0;
  bool registered = false;  // false: this runner was taken for dead
};
// Heartbeat, and what there is to know, in one statement.
boost::asio::awaitable<result<pulse>> beat(pg::connection& c, std::int64_t run, std::string runner,
                                           std::chrono::seconds lease, pg::time_point deadline);

struct totals {
  std::int64_t rows_changed = 0;
  std::int64_t rows_scanned = 0;
  std::int64_t rows_hot = 0;
  std::int64_t batches = 0;
  std::int64_t ranges_done = 0;
  std::int64_t ranges_found = 0;
  double fraction = 0;
};
boost::asio::awaitable<result<totals>> read_totals(pg::connection& c, std::int64_t run,
                                                   pg::time_point deadline);

// True if this call changed it: the run was in one of the states `from`.
boost::asio::awaitable<result<bool>> set_state(pg::connection& c, std::int64_t run,
                                               std::string state, std::string reason,
                                               std::vector<std::string> from,
                                               pg::time_point deadline);

boost::asio::awaitable<result<bool>> begin_verify(pg::connection& c, std::int64_t run,
                                                  std::string runner, pg::time_point deadline);
boost::asio::awaitable<result<void>> record_verification(pg::connection& c, std::int64_t run,
                                                         std::string text, std::int64_t rows_stay,
                                                         pg::time_point deadline);
// A new round over the given ranges, in one transaction; false if this runner is no longer the
// verifier.
boost::asio::awaitable<result<bool>> begin_round(pg::connection& c, std::int64_t run,
                                                 std::string runner,
                                                 std::vector<std::int64_t> ranges,
                                                 pg::time_point deadline);

struct covered_range {
  std::int64_t number = 0;
  int leaf = 0;
  std::optional<key_values> lo;
  key_values hi;
};
// A page of the ranges that cover the key space once, in order of number, behind `after`.
boost::asio::awaitable<result<std::vector<covered_range>>> list_ranges(pg::connection& c,
                                                                       std::int64_t run,
                                                                       std::int64_t after, int most,
                                                                       pg::time_point deadline);
// Leaves that the done ranges do not cover; empty is what a finished run must show.
boost::asio::awaitable<result<std::vector<std::string>>> coverage_gaps(pg::connection& c,
                                                                       std::int64_t run,
                                                                       pg::time_point deadline);

// An event for `pawl log`.
boost::asio::awaitable<result<void>> note(pg::connection& c, std::int64_t run, std::string kind,
                                          pg::settings detail, pg::time_point deadline);

// An operator's request: pause, resume, cancel, or set with a JSON object of tunables.
// Errors: wrong_state when the run's state does not allow it.
boost::asio::awaitable<result<void>> request(pg::connection& c, std::int64_t run, std::string what,
                                             std::string argument, std::string reason,
                                             std::string host, pg::time_point deadline);

// "session 4711 (psql, app_user, idle in transaction, 32 s)" for each session that blocks a worker
// whose application_name begins with `prefix`.
boost::asio::awaitable<result<std::vector<std::string>>> blockers(pg::connection& c,
                                                                  std::string prefix,
                                                                  pg::time_point deadline);

// "pawl/RUN/": the application_name of a run's connections begins so.
std::string application_prefix(std::int64_t run);

}  // namespace pawl::ledger
