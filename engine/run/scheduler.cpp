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
  const bool may_claim = has_room && !claiming_;
  if (may_claim && claim_after_ <= now) {
    claiming_ = true;
    return assignment{assignment::kind::claim, nullptr, now};
  }
  return wait_until(may_claim ? std::min(earliest, claim_after_) : earliest);
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
  claiming_ = false;
  ranges_.clear();
  busy_ = 0;
}

void scheduler::hold(time_point probe_at) {
  held_ = true;
  probe_at_ = probe_at;
}

}  // namespace pawl::run
