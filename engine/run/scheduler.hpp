// Who does what next: the open ranges of one runner and its workers. Pure; time comes in.
//
// A range is open from its claim until it is done, lost or released. At most one worker is on it.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "ledger/range.hpp"

namespace pawl::run {

using time_point = std::chrono::steady_clock::time_point;

// The end of the next batch: its key and how many rows lie up to it.
struct batch_end {
  ledger::key_values key;
  std::int64_t rows = 0;
  std::int64_t wanted = 0;  // how many were asked for; the range may end before

  bool operator==(const batch_end&) const = default;
};

struct open_range {
  ledger::claim claim;
  std::optional<batch_end> next;           // cut already, with the last batch's commit
  std::optional<std::int64_t> rows_limit;  // narrowing down to a bad row
  int worker = -1;                         // who is on it; -1: nobody
  time_point not_before{};                 // pause between attempts
  std::chrono::milliseconds pause{0};
};

struct assignment {
  enum class kind {
    run,    // `range` is yours: run its next batch
    claim,  // claim another range, or cut one; nobody else is told to until that ended
    wait,   // until `until`, or until something changes
    stop,   // leave
  };
  kind what = kind::wait;
  open_range* range = nullptr;
  time_point until{};
};

class scheduler {
 public:
  // `spare`: ranges that may be open beyond one for each worker, while some wait.
  explicit scheduler(int spare) : spare_(spare) {}

  // `throttle`: 1 = free, 0 = stop; the share of workers that may run.
  assignment next(int worker, time_point now, double throttle = 1.0);

  // Ends a claim: with a range that is not open here yet, with none, or by a failure.
  open_range& add(ledger::claim c, int worker);
  // The batch of this range ended; its claim holds the new cursor.
  void advanced(std::int64_t number);
  // The range goes on later.
  void postponed(std::int64_t number, time_point not_before, std::chrono::milliseconds pause);
  void closed(std::int64_t number);  // done, or not ours any more
  void close_all();

  // No range could be claimed: do not ask again before.
  void nothing_to_claim(time_point ask_again) {
    claim_after_ = ask_again;
    claiming_ = false;
  }
  void claim_failed() { claiming_ = false; }
  void ask_again() { claim_after_ = {}; }

  void set_workers(int count) { workers_ = count; }
  int workers() const { return workers_; }
  void stop() { stopping_ = true; }
  void start() { stopping_ = false; }
  void pause(bool on) { paused_ = on; }
  // The environment forbids to go on: until then nothing runs, then one batch probes it.
  void hold(time_point probe_at);
  void release_hold() { held_ = false; }
  bool is_held() const { return held_; }

  bool is_idle() const { return busy_ == 0; }
  bool is_empty() const { return ranges_.empty(); }
  int busy() const { return busy_; }
  // Numbers of the open ranges.
  std::vector<std::int64_t> held() const;

 private:
  std::map<std::int64_t, open_range> ranges_;
  int workers_ = 0;
  int spare_;
  int busy_ = 0;
  bool stopping_ = false;
  bool paused_ = false;
  bool held_ = false;
  bool claiming_ = false;
  time_point probe_at_{};
  time_point claim_after_{};
};

}  // namespace pawl::run
