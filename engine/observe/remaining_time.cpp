#include "observe/remaining_time.hpp"

#include <algorithm>

namespace pawl::observe {
namespace {

namespace chrono = std::chrono;

constexpr chrono::seconds window_span{60};
constexpr int window_readings = 20;

constexpr double fraction_min = 0.01;
constexpr chrono::seconds time_min{30};

// By then the recent speed alone decides.
constexpr double young_seconds = 300;

// The future is never as even as the past was.
constexpr double uncertainty_min = 0.05;

constexpr double seconds_max = 365.0 * 24 * 3600;

}  // namespace

remaining_time::remaining_time() : window_(window_span, window_readings) {}

void remaining_time::advance(duration at, double gained) {
  gained_ += gained;
  window_.add(at, gained);
}

std::optional<remaining_time::estimate> remaining_time::at(duration now, double fraction) const {
  const std::optional<double> recent = window_.per_second(now);
  if (fraction < fraction_min || now < time_min || gained_ <= 0 || !recent) {
    return std::nullopt;
  }
  const double passed = chrono::duration<double>(now).count();
  const double weight = std::min(1.0, passed / young_seconds);
  const double speed = weight * *recent + (1 - weight) * gained_ / passed;
  const double left = (1 - fraction) / speed;
  // Written so that a speed of zero, which makes this infinite or no number, gives nothing either.
  if (!(left <= seconds_max)) {
    return std::nullopt;
  }
  const double uncertainty = std::max(uncertainty_min, window_.uncertainty());
  return estimate{chrono::ceil<chrono::seconds>(chrono::duration<double>(left)),
                  chrono::ceil<chrono::seconds>(chrono::duration<double>(left * uncertainty))};
}

}  // namespace pawl::observe
