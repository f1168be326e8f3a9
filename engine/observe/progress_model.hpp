// Events in, the state of the run out. Pure: time comes with the events and as an argument.
//
// What it promises: totals are the ledger's, plus this runner's own batches since they were read,
// and never decrease until run_ended gives the final ones; the percentage is a position in the key
// space, never over 100 and never going back; the remaining time leaves out the time in which the
// run was paused, held or made to wait, and is not given before there is ground for it.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <pawl/events.hpp>
#include <string>

#include "observe/duration_histogram.hpp"
#include "observe/progress_snapshot.hpp"
#include "observe/rate_window.hpp"
#include "observe/remaining_time.hpp"
#include "observe/view.hpp"

namespace pawl::observe {

class progress_model {
 public:
  progress_model();

  void apply(const event& e);

  // `now` is not before the last event. Wall times are reckoned from the last event's.
  progress_snapshot at(time_point now) const;

  const duration_histogram& batch_durations() const { return durations_; }

 private:
  using duration = std::chrono::steady_clock::duration;

  // Adds up the time between start and stop; starting or stopping twice changes nothing.
  class stopwatch {
   public:
    void run(bool on, time_point at);
    duration total(time_point now) const;

   private:
    duration total_{0};
    std::optional<time_point> since_;
  };

  // A total of the ledger, and what this runner added since it was read.
  class running_total {
   public:
    void add(std::int64_t own);
    void read(std::int64_t total);
    void end(std::int64_t total);
    std::int64_t shown() const { return shown_; }

   private:
    std::int64_t known_ = 0;
    std::int64_t shown_ = 0;
  };

  void take(const run_opened& e);
  void take(const range_claimed& e);
  void take(const batch_committed& e);
  void take(const batch_retried& e);
  void take(const state_changed& e);
  void take(const totals_read& e);
  void take(const verify_progress& e);
  void take(const notice&) {}
  void take(const run_ended& e);

  void advance_to(double fraction);
  void set_clocks();
  void count_rows(std::int64_t gained);
  worker_row& row_of(int worker);
  std::optional<eta_estimate> eta(time_point now) const;
  std::chrono::system_clock::time_point wall_at(time_point now) const;
  void describe_pace(progress_snapshot& s, time_point now) const;
  void describe_work(progress_snapshot& s) const;

  // The last event's times.
  bool begun_ = false;
  time_point at_{};
  std::chrono::system_clock::time_point wall_{};

  std::optional<run_opened> opened_;
  time_point started_{};
  run_state state_ = run_state::running;
  std::string reason_;
  time_point state_since_{};
  std::optional<std::string> waiting_;
  time_point waiting_since_{};
  std::optional<run_ended> ended_;

  stopwatch running_;     // in state running
  stopwatch unhindered_;  // and nothing makes it wait

  bool totals_known_ = false;
  running_total scanned_;
  running_total changed_;
  running_total hot_;
  std::int64_t rows_gained_ = 0;  // scanned in this session, by all runners
  std::optional<double> fraction_;
  rate_window rows_window_;
  remaining_time remaining_;
  rate_window wal_window_;
  std::optional<std::int64_t> wal_bytes_;

  int runners_ = 1;
  std::int64_t batch_rows_ = 0;
  std::int64_t batches_ = 0;
  time_point last_commit_{};
  duration_histogram durations_;
  std::map<std::string, std::int64_t> retries_;
  std::optional<verify_progress> verify_;
  std::map<int, worker_row> workers_;
};

}  // namespace pawl::observe
