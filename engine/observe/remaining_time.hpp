// How long a run still takes, by its position in the key space. Pure; time is the time in which
// nothing hindered the run, since the session's start.
//
// The speed is that of the last 60 seconds or 20 readings, blended with the mean while the run is
// young. Nothing is said before 1 % and 30 seconds: it would jump about.
#pragma once

#include <chrono>
#include <optional>

#include "observe/rate_window.hpp"

namespace pawl::observe {

class remaining_time {
 public:
  using duration = std::chrono::steady_clock::duration;

  struct estimate {
    std::chrono::seconds left{0};
    std::chrono::seconds spread{0};  // left +- spread, about two standard errors
  };

  remaining_time();

  // The position moved on by `gained` (0..1) until `at`.
  void advance(duration at, double gained);

  // At position `fraction`; empty while there is no ground for an estimate, and beyond a year.
  std::optional<estimate> at(duration now, double fraction) const;

 private:
  rate_window window_;
  double gained_ = 0;
};

}  // namespace pawl::observe
