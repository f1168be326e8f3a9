#include "observe/rate_window.hpp"

#include <algorithm>
#include <cmath>

namespace pawl::observe {
namespace {

constexpr std::chrono::milliseconds slot_span{500};
constexpr std::chrono::seconds covered_min{1};
constexpr std::chrono::seconds overdue_min{5};

double seconds(rate_window::duration d) {
  return std::chrono::duration<double>(d).count();
}

}  // namespace

void rate_window::add(duration at, double amount) {
  const duration from = slots_.empty() ? duration::zero() : slots_.back().to;
  if (!slots_.empty() && at - slots_.back().from < slot_span) {
    slot& last = slots_.back();
    last.to = std::max(last.to, at);
    last.amount += amount;
    ++last.samples;
  } else {
    slots_.push_back({from, std::max(at, from), amount, 1});
  }
  ++samples_held_;
  while (slots_.size() > 1 && slots_.back().to - slots_.front().to >= span_ &&
         samples_held_ - slots_.front().samples >= samples_) {
    samples_held_ -= slots_.front().samples;
    slots_.pop_front();
  }
}

std::optional<double> rate_window::per_second(duration now) const {
  if (slots_.empty()) {
    return std::nullopt;
  }
  double amount = 0;
  for (const slot& s : slots_) {
    amount += s.amount;
  }
  const duration from = slots_.front().from;
  const duration to = slots_.back().to;
  const duration overdue = std::max<duration>(overdue_min, 2 * (to - from) / samples_held_);
  const duration covered = (now - to > overdue ? now : to) - from;
  if (covered < covered_min) {
    return std::nullopt;
  }
  return amount / seconds(covered);
}

double rate_window::uncertainty() const {
  double amount = 0;
  double time = 0;
  double time_squared = 0;
  for (const slot& s : slots_) {
    const double t = seconds(s.to - s.from);
    amount += s.amount;
    time += t;
    time_squared += t * t;
  }
  if (slots_.size() < 3 || amount <= 0 || time <= 0) {
    return 1;
  }
  const double mean = amount / time;
  double variance = 0;
  for (const slot& s : slots_) {
    const double t = seconds(s.to - s.from);
    if (t > 0) {
      const double deviation = s.amount / t - mean;
      variance += t * deviation * deviation / time;
    }
  }
  const double independent = time * time / time_squared;
  return std::min(1.0, 2 * std::sqrt(variance / independent) / mean);
}

}  // namespace pawl::observe
