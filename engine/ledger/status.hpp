// What the command line asks of the ledger: lists, and what only an operator does.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ledger/run.hpp"
#include "pg/connection.hpp"

namespace pawl::ledger {

struct run_status {
  std::int64_t id = 0;
  std::string name;
  int generation = 1;
  std::string state;  // as recorded
  std::string desired;
  std::string reason;
  std::string target;
  tunables tuned;
  std::string opened_at;  // RFC 3339, UTC
  std::string state_since;
  double state_age_s = 0;
  totals done;
  bool has_fraction = false;
  double silent_s = 0;        // since the last checkpoint, or since the state began
  std::string last_sqlstate;  // of a range that failed and was not committed since
  std::string verification;
  std::int64_t rows_stay = 0;
  int runners = 0;
  int runners_alive = 0;
  double age_s = 0;  // until now, or until it ended
};

struct runner_status {
  std::string id;
  std::string host;
  std::string version;
  int connections = 0;
  bool is_alive = false;
  double age_s = 0;
  int ranges = 0;
};

struct event_record {
  std::int64_t id = 0;
  std::string at;
  std::string kind;
  std::string detail;  // JSON object
  std::string by;
};

// A run that should make checkpoints and does not: its runners are gone, or silent for longer than
// `stalled_after_s`. Empty if it is not stalled; else why, in a few words.
std::string stalled_because(const run_status& r, double stalled_after_s);

// All runs, or one.
boost::asio::awaitable<result<std::vector<run_status>>> list_runs(pg::connection& c,
                                                                  std::optional<std::int64_t> run,
                                                                  pg::time_point deadline);
boost::asio::awaitable<result<std::vector<runner_status>>> list_runners(pg::connection& c,
                                                                        std::int64_t run,
                                                                        pg::time_point deadline);
// A page of events behind `after`, oldest first.
boost::asio::awaitable<result<std::vector<event_record>>> list_events(pg::connection& c,
                                                                      std::int64_t run,
                                                                      std::int64_t after,
                                                                      pg::time_point deadline);
// Errors: wrong_state when a runner still works on it.
boost::asio::awaitable<result<void>> forget(pg::connection& c, std::int64_t run,
                                            pg::time_point deadline);

}  // namespace pawl::ledger
