// What all views of a run have in common: where they write, and how time reaches them.
//
// A view consumes events on the runner's thread, keeps its own progress model, and writes only
// through the sinks it was given: no clock, environment or global is read. Whatever it shows of the
// server's words has been stripped of control characters. A sink must not throw.
#pragma once

#include <chrono>
#include <functional>
#include <pawl/events.hpp>
#include <string_view>

namespace pawl::observe {

using time_point = std::chrono::steady_clock::time_point;

using sink = std::function<void(std::string_view)>;

// What the place that is written to can show.
enum class charset { ascii, utf8 };

struct stream {
  sink write;
  bool colour = false;
  charset set = charset::ascii;
};

// Progress and warnings (stderr), and the closing summary (stdout, or the same place).
struct streams {
  stream progress;
  stream result;
};

class view : public observer {
 public:
  // For what changes without an event: elapsed time, silence, a resized window. The owner calls it
  // about ten times a second; `now` is never before the last event.
  virtual void tick(time_point now) = 0;
  // Somebody asks how far the run is, at once.
  virtual void report(time_point now) = 0;
};

}  // namespace pawl::observe
