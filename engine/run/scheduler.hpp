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
  time_point pass_ended{};  // since when it waits to begin its next pass

  // At the beginning of a pass that is to find the room which the last one left.
  bool begins_later_pass() const { return claim.at.stripe > 0 && !claim.at.pos; }
};

struct assignment {
  enum class kind {
    run,    // `range` is yours: run its next batch
    claim,  // claim another range, or cut one; nobody else is told to until that ended
    look,   // read the horizon, for which ranges wait; nobody else is told to until that ended
    wait,   // until `until`, or until something changes
    stop,   // leave
  };
  kind what = kind::wait;
  open_range* range = nullptr;
  time_point until{};
};

// What is left to the passes of a range (design.md, the horizon rule). Versions that its last pass
// left can be pruned once no snapshot sees them any more; a pass that begins before finds no room.
struct pacing {
  int spare = 0;  // ranges that may be open beyond one for each worker, while others wait
  std::chrono::milliseconds look_interval{0};  // between two readings of the horizon
  // How long one value of the horizon is waited for. If it has not moved by then, something holds
  // it back, and passes go on without until it does.
  std::chrono::milliseconds patience{0};
};

class scheduler {
 public:
  explicit scheduler(pacing p) : pacing_(p) {}

  // `throttle`: 1 = free, 0 = stop; the share of workers that may run.
  assignment next(int worker, time_point now, double throttle = 1.0);

  // Ends a claim: with a range that is not open here yet, with none, or by a failure.
  open_range& add(ledger::claim c, int worker);
  // The batch of this range ended; its claim holds the new cursor.
  void advanced(std::int64_t number, time_point now);
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

  // Ends a look. Transactions before `oldest` are seen by no snapshot as running; 0: it failed.
  void horizon_is(std::uint64_t oldest, time_point now);
  // The horizon was waited for in vain and has not moved since: passes find no room.
  bool is_horizon_stuck() const { return stuck_at_ && *stuck_at_ == horizon_; }
  void set_spare(int count) { pacing_.spare = count; }
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
  bool may_begin(const open_range& range);

  std::map<std::int64_t, open_range> ranges_;
  pacing pacing_;
  int workers_ = 0;
  int busy_ = 0;
  bool stopping_ = false;
  bool paused_ = false;
  bool held_ = false;
  bool claiming_ = false;
  time_point probe_at_{};
  time_point claim_after_{};
  bool looking_ = false;
  std::uint64_t horizon_ = 0;
  time_point moved_at_{};  // the horizon, as far as is known
  time_point looked_at_{};
  std::optional<std::uint64_t> stuck_at_;
};

}  // namespace pawl::run
