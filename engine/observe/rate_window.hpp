// How fast something grows: the rate over a window that covers the last `span` of time or the last
// `samples`, whichever is longer. Pure; time is a duration since the session's start.
//
// Few slow samples do not make the rate jump, and many fast ones do not make memory grow: what
// comes within half a second of another is added to it.
#pragma once

#include <chrono>
#include <deque>
#include <optional>

namespace pawl::observe {

class rate_window {
 public:
  using duration = std::chrono::steady_clock::duration;

  rate_window(duration span, int samples) : span_(span), samples_(samples) {}

  // `amount` was gained since the sample before, and seen at `at`. `at` never goes back.
  void add(duration at, double amount);

  // Amount a second; empty before a second has been covered. Holds its value between samples, and
  // falls only when one is overdue.
  std::optional<double> per_second(duration now) const;

  // Twice the relative standard error of the rate, by the spread of its samples; 1 (= "may be
  // anything") while there are fewer than three.
  double uncertainty() const;

 private:
  struct slot {
    duration from;
    duration to;
    double amount;
    int samples;
  };

  duration span_;
  int samples_;
  std::deque<slot> slots_;
  int samples_held_ = 0;
};

}  // namespace pawl::observe
