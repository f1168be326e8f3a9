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

bool scheduler::may_begin(const open_range& range) {
  // One that was taken over has waited before.
  const bool has_waited = range.pass_ended == time_point{};
  if (!range.begins_later_pass() || has_waited || range.claim.xid < horizon_ ||
      is_horizon_stuck()) {
    return true;
  }
  // Whoever did not look for a while, after a pause say, knows nothing of the horizon.
  if (looked_at_ < std::max(range.pass_ended, moved_at_) + pacing_.patience) {
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
  open_range* ready = nullptr;
  bool waits_for_horizon = false;
  for (auto& [number, range] : ranges_) {
    if (range.worker >= 0) {
      continue;
    }
    if (range.not_before > now) {
      earliest = std::min(earliest, range.not_before);
    } else if (!may_begin(range)) {
      waits_for_horizon = true;
    } else if (ready == nullptr) {
      ready = &range;
    }
  }
  // Seldom while there is work, and while passes go on without: it may move again.
  constexpr int looks_in_patience = 4;
  const bool is_urgent = waits_for_horizon && ready == nullptr;
  const bool may_look = (waits_for_horizon || is_horizon_stuck()) && !looking_;
  const auto look_at =
      looked_at_ + (is_urgent ? pacing_.look_interval : pacing_.patience / looks_in_patience);
  if (may_look && look_at <= now) {
    looking_ = true;
    return assignment{assignment::kind::look, nullptr, now};
  }
  if (ready != nullptr) {
    ready->worker = worker;
    ++busy_;
    return assignment{assignment::kind::run, ready, now};
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
  if (oldest > horizon_) {
    horizon_ = oldest;
    moved_at_ = now;
  }
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
