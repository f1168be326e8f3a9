#include "run/scheduler.hpp"

#include <algorithm>
#include <cmath>

namespace pawl::run {

namespace {

assignment wait_until(time_point until) {
  return assignment{assignment::kind::wait, nullptr, until};
}

}  // namespace

assignment scheduler::next(int worker, time_point now, double throttle) {
  if (stopping_) {
    return assignment{assignment::kind::stop, nullptr, now};
  }
  const int allowed = static_cast<int>(std::ceil(throttle * workers_));
  if (paused_ || worker >= allowed) {
    return wait_until(time_point::max());
  }
  if (held_ && busy_ > 0) {
    return wait_until(time_point::max());
  }
  if (held_ && now < probe_at_) {
    return wait_until(probe_at_);
  }
  time_point earliest = time_point::max();
  for (auto& [number, range] : ranges_) {
    if (range.worker >= 0) {
      continue;
    }
    if (range.not_before <= now) {
      range.worker = worker;
      ++busy_;
      return assignment{assignment::kind::run, &range, now};
    }
    earliest = std::min(earliest, range.not_before);
  }
  const bool has_room = static_cast<int>(ranges_.size()) < workers_ + spare_;
  if (has_room && claim_after_ <= now) {
    return assignment{assignment::kind::claim, nullptr, now};
  }
  return wait_until(has_room ? std::min(earliest, claim_after_) : earliest);
}

open_range& scheduler::add(ledger::claim c, int worker) {
  auto& range = ranges_[c.number];
  range.claim = std::move(c);
  range.worker = worker;
  ++busy_;
  return range;
}

void scheduler::advanced(std::int64_t number) {
  auto& range = ranges_.at(number);
  range.worker = -1;
  range.not_before = {};
  range.pause = {};
  --busy_;
}

void scheduler::postponed(std::int64_t number, time_point not_before,
                          std::chrono::milliseconds pause) {
  auto& range = ranges_.at(number);
  range.worker = -1;
  range.not_before = not_before;
  range.pause = pause;
  range.next.reset();
  --busy_;
}

void scheduler::closed(std::int64_t number) {
  const auto found = ranges_.find(number);
  if (found->second.worker >= 0) {
    --busy_;
  }
  ranges_.erase(found);
}

void scheduler::close_all() {
  ranges_.clear();
  busy_ = 0;
}

void scheduler::hold(time_point probe_at) {
  held_ = true;
  probe_at_ = probe_at;
}

}  // namespace pawl::run
