#include "run/scheduler.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace pawl::run {

namespace {

assignment wait_until(time_point until) {
  return assignment{assignment::kind::wait, nullptr, until};
}

}  // namespace

bool scheduler::may_begin(const open_range& range, time_point now) {
  // One that was taken over, or begins its pass again, has waited before.
  const bool has_waited = range.pass_ended == time_point{};
  if (!range.begins_later_pass() || has_waited || range.claim.xid < horizon_ ||
      is_horizon_stuck()) {
    return true;
  }
  if (now - range.pass_ended < pacing_.patience) {
    return false;
  }
  stuck_at_ = horizon_;
  return true;
}

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
  bool waits_for_horizon = false;
  for (auto& [number, range] : ranges_) {
    if (range.worker >= 0) {
      continue;
    }
    const bool is_due = range.not_before <= now;
    if (is_due && may_begin(range, now)) {
      range.worker = worker;
      ++busy_;
      return assignment{assignment::kind::run, &range, now};
    }
    waits_for_horizon = waits_for_horizon || is_due;
    earliest = std::min(earliest, is_due ? range.pass_ended + pacing_.patience : range.not_before);
  }
  // Before another range is opened: one that waits may go on by now.
  const bool may_look = waits_for_horizon && !looking_;
  const auto look_at = looked_at_ + pacing_.look_interval;
  if (may_look && look_at <= now) {
    looking_ = true;
    return assignment{assignment::kind::look, nullptr, now};
  }
  const bool has_room = static_cast<int>(ranges_.size()) < workers_ + pacing_.spare;
  const bool may_claim = has_room && !claiming_;
  if (may_claim && claim_after_ <= now) {
    claiming_ = true;
    return assignment{assignment::kind::claim, nullptr, now};
  }
  earliest = may_claim ? std::min(earliest, claim_after_) : earliest;
  return wait_until(may_look ? std::min(earliest, look_at) : earliest);
}

void scheduler::horizon_is(std::uint64_t oldest, time_point now) {
  looking_ = false;
  looked_at_ = now;
  horizon_ = std::max(horizon_, oldest);
}

std::vector<std::int64_t> scheduler::held() const {
  std::vector<std::int64_t> numbers;
  for (const auto& [number, range] : ranges_) {
    numbers.push_back(number);
  }
  return numbers;
}

open_range& scheduler::add(ledger::claim c, int worker) {
  claiming_ = false;
  const auto number = c.number;
  const auto [at, is_new] = ranges_.try_emplace(number);
  if (!is_new) {
    throw std::logic_error("a range that is open was claimed again");
  }
  auto& range = at->second;
  range.claim = std::move(c);
  range.worker = worker;
  ++busy_;
  return range;
}

void scheduler::advanced(std::int64_t number, time_point now) {
  auto& range = ranges_.at(number);
  range.pass_ended = now;
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
  claiming_ = false;
  looking_ = false;
  ranges_.clear();
  busy_ = 0;
}

void scheduler::hold(time_point probe_at) {
  held_ = true;
  probe_at_ = probe_at;
}

}  // namespace pawl::run
