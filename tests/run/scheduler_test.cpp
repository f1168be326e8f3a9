#include "run/scheduler.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <chrono>
#include <map>
#include <set>

namespace pawl::run {
namespace {

using namespace std::chrono_literals;
using kind = assignment::kind;

const time_point now = time_point{} + 1h;

ledger::claim numbered(std::int64_t number) {
  ledger::claim c;
  c.run = 1;
  c.number = number;
  c.hi = {"1"};
  return c;
}

scheduler with_workers(int workers, int spare = 2) {
  scheduler s(pacing{spare, 10ms, 1s});
  s.set_workers(workers);
  return s;
}

TEST(Scheduler, AWorkerWithoutARangeClaimsOne) {
  auto s = with_workers(1);
  EXPECT_EQ(s.next(0, now).what, kind::claim);
  EXPECT_TRUE(s.is_empty());
  EXPECT_TRUE(s.is_idle());
}

TEST(Scheduler, AnOpenRangeGoesOnBeforeAnotherIsClaimed) {
  auto s = with_workers(2);
  s.add(numbered(7), 0);
  EXPECT_EQ(s.busy(), 1);
  s.advanced(7, now);
  const auto a = s.next(1, now);
  ASSERT_EQ(a.what, kind::run);
  EXPECT_EQ(a.range->claim.number, 7);
  EXPECT_EQ(a.range->worker, 1);
}

TEST(Scheduler, ARangeThatIsWorkedOnIsNobodyElses) {
  auto s = with_workers(2);
  s.add(numbered(7), 0);
  EXPECT_EQ(s.next(1, now).what, kind::claim);
}

TEST(Scheduler, APostponedRangeWaitsAndLosesItsCut) {
  auto s = with_workers(1, 0);
  s.add(numbered(7), 0).next = batch_end{{"5"}, 5, 5};
  s.postponed(7, now + 3s, 200ms);
  const auto early = s.next(0, now);
  EXPECT_EQ(early.what, kind::wait);
  EXPECT_EQ(early.until, now + 3s);
  const auto late = s.next(0, now + 3s);
  ASSERT_EQ(late.what, kind::run);
  EXPECT_FALSE(late.range->next);
  EXPECT_EQ(late.range->pause, 200ms);
}

TEST(Scheduler, ASuccessEndsThePauses) {
  auto s = with_workers(1);
  s.add(numbered(7), 0);
  s.postponed(7, now, 200ms);
  ASSERT_EQ(s.next(0, now).what, kind::run);
  s.advanced(7, now);
  EXPECT_EQ(s.next(0, now).range->pause, 0ms);
}

TEST(Scheduler, WhileRangesWaitOthersAreClaimedUpToTheSpare) {
  auto s = with_workers(1, 2);
  for (const std::int64_t number : {1, 2, 3}) {
    ASSERT_EQ(s.next(0, now).what, kind::claim);
    s.add(numbered(number), 0);
    s.postponed(number, now + 1s * number, 50ms);
  }
  const auto full = s.next(0, now);
  EXPECT_EQ(full.what, kind::wait);
  EXPECT_EQ(full.until, now + 1s);
}

TEST(Scheduler, NothingToClaimIsAskedAgainLaterOrWhenTold) {
  auto s = with_workers(1);
  s.nothing_to_claim(now + 1s);
  const auto a = s.next(0, now);
  EXPECT_EQ(a.what, kind::wait);
  EXPECT_EQ(a.until, now + 1s);
  EXPECT_EQ(s.next(0, now + 1s).what, kind::claim);
  s.nothing_to_claim(now + 9s);
  s.ask_again();
  EXPECT_EQ(s.next(0, now).what, kind::claim);
}

TEST(Scheduler, OneWorkerClaimsAtATime) {
  auto s = with_workers(3);
  ASSERT_EQ(s.next(0, now).what, kind::claim);
  EXPECT_EQ(s.next(1, now).what, kind::wait);
  s.add(numbered(7), 0);
  ASSERT_EQ(s.next(1, now).what, kind::claim);
  s.nothing_to_claim(now);
  ASSERT_EQ(s.next(1, now).what, kind::claim);
  s.claim_failed();
  EXPECT_EQ(s.next(2, now).what, kind::claim);
}

TEST(Scheduler, TellsWhatItHoldsAndTakesNoneOfItAgain) {
  auto s = with_workers(2);
  s.add(numbered(7), 0);
  s.add(numbered(9), 1);
  s.postponed(9, now + 1s, 50ms);
  EXPECT_EQ(s.held(), (std::vector<std::int64_t>{7, 9}));
  EXPECT_THROW(s.add(numbered(7), 1), std::logic_error);
  s.closed(9);
  EXPECT_EQ(s.held(), (std::vector<std::int64_t>{7}));
}

TEST(Scheduler, ThePauseLetsRunWhatRunsAndStartsNothing) {
  auto s = with_workers(2);
  s.add(numbered(7), 0);
  s.pause(true);
  EXPECT_EQ(s.next(1, now).what, kind::wait);
  s.advanced(7, now);
  EXPECT_EQ(s.next(0, now).what, kind::wait);
  s.pause(false);
  EXPECT_EQ(s.next(0, now).what, kind::run);
}

TEST(Scheduler, StoppingGoesBeforeEverything) {
  auto s = with_workers(2);
  s.pause(true);
  s.hold(now + 1s);
  s.stop();
  EXPECT_EQ(s.next(0, now).what, kind::stop);
  s.start();
  s.pause(false);
  s.release_hold();
  EXPECT_EQ(s.next(0, now).what, kind::claim);
}

TEST(Scheduler, TheThrottleSendsTheLastWorkersToRest) {
  auto s = with_workers(4);
  EXPECT_EQ(s.next(0, now, 0.5).what, kind::claim);
  s.claim_failed();
  EXPECT_EQ(s.next(1, now, 0.5).what, kind::claim);
  s.claim_failed();
  EXPECT_EQ(s.next(2, now, 0.5).what, kind::wait);
  EXPECT_EQ(s.next(3, now, 0.5).what, kind::wait);
  EXPECT_EQ(s.next(0, now, 0.01).what, kind::claim) << "one worker is the least";
  EXPECT_EQ(s.next(0, now, 0.0).what, kind::wait);
}

TEST(Scheduler, FewerWorkersAreWantedThanThereAre) {
  auto s = with_workers(4);
  s.set_workers(1);
  EXPECT_EQ(s.next(3, now).what, kind::wait);
  EXPECT_EQ(s.next(0, now).what, kind::claim);
}

TEST(Scheduler, AHeldRunProbesWithOneBatchOnly) {
  auto s = with_workers(2);
  s.add(numbered(1), 0);
  s.add(numbered(2), 1);
  s.postponed(1, now, 50ms);
  s.hold(now + 5s);
  EXPECT_EQ(s.next(0, now + 6s).what, kind::wait) << "the other worker's batch is under way";
  s.postponed(2, now, 50ms);
  const auto early = s.next(0, now);
  EXPECT_EQ(early.what, kind::wait);
  EXPECT_EQ(early.until, now + 5s);
  EXPECT_EQ(s.next(0, now + 5s).what, kind::run);
  EXPECT_EQ(s.next(1, now + 5s).what, kind::wait);
  s.release_hold();
  EXPECT_EQ(s.next(1, now + 5s).what, kind::run);
}

TEST(Scheduler, AClosedRangeIsGone) {
  auto s = with_workers(2);
  s.add(numbered(1), 0);
  s.add(numbered(2), 1);
  s.closed(1);
  EXPECT_EQ(s.busy(), 1);
  s.postponed(2, now, 50ms);
  s.closed(2);
  EXPECT_TRUE(s.is_idle());
  EXPECT_TRUE(s.is_empty());
}

TEST(Scheduler, ClosingAllLeavesNothing) {
  auto s = with_workers(2);
  s.add(numbered(1), 0);
  s.add(numbered(2), 1);
  s.close_all();
  EXPECT_TRUE(s.is_idle());
  EXPECT_TRUE(s.is_empty());
}

// A range of four stripes whose pass has just ended by transaction 100.
scheduler between_passes(int spare = 0) {
  auto s = with_workers(1, spare);
  auto c = numbered(7);
  c.stripes = 4;
  auto& range = s.add(c, 0);
  range.claim.at.stripe = 1;
  range.claim.xid = 100;
  s.advanced(7, now);
  return s;
}

TEST(Scheduler, APassWaitsUntilNobodySeesWhatTheLastOneLeft) {
  auto s = between_passes();
  ASSERT_EQ(s.next(0, now).what, kind::look);
  s.horizon_is(100, now);
  const auto waits = s.next(0, now);
  EXPECT_EQ(waits.what, kind::wait) << "transaction 100 itself may still be seen as running";
  EXPECT_EQ(waits.until, now + 10ms);
  ASSERT_EQ(s.next(0, now + 10ms).what, kind::look);
  s.horizon_is(101, now + 10ms);
  EXPECT_EQ(s.next(0, now + 10ms).what, kind::run);
}

TEST(Scheduler, OnlyOneLooksAtATime) {
  auto s = between_passes();
  s.set_workers(2);
  ASSERT_EQ(s.next(0, now).what, kind::look);
  EXPECT_EQ(s.next(1, now + 1h).what, kind::claim) << "it cannot know whether the horizon moved";
  auto t = between_passes();
  t.set_workers(2);
  ASSERT_EQ(t.next(0, now).what, kind::look);
  EXPECT_EQ(t.next(1, now).what, kind::claim);
}

TEST(Scheduler, AnotherRangeIsOpenedWhileOneWaitsForTheHorizon) {
  auto s = between_passes(1);
  ASSERT_EQ(s.next(0, now).what, kind::look);
  s.horizon_is(50, now);
  EXPECT_EQ(s.next(0, now).what, kind::claim);
}

TEST(Scheduler, APassInProgressDoesNotWait) {
  auto s = with_workers(1);
  auto& range = s.add(numbered(7), 0);
  range.claim.at = {1, ledger::key_values{"5"}};
  range.claim.xid = 100;
  s.advanced(7, now);
  EXPECT_EQ(s.next(0, now).what, kind::run);
}

TEST(Scheduler, AHorizonThatDoesNotMoveIsWaitedForOnce) {
  auto s = between_passes();
  s.next(0, now);
  s.horizon_is(50, now);
  EXPECT_FALSE(s.is_horizon_stuck());
  ASSERT_EQ(s.next(0, now + 1s).what, kind::look);
  s.horizon_is(50, now + 1s);
  ASSERT_EQ(s.next(0, now + 1s).what, kind::run);
  EXPECT_TRUE(s.is_horizon_stuck());
  s.advanced(7, now + 1s);
  EXPECT_EQ(s.next(0, now + 1s).what, kind::run);
  s.advanced(7, now + 1s);
}

TEST(Scheduler, AHorizonThatMovesAgainIsWaitedForAgain) {
  auto s = between_passes();
  s.next(0, now);
  s.horizon_is(50, now);
  s.next(0, now + 1s);
  s.horizon_is(50, now + 1s);
  ASSERT_EQ(s.next(0, now + 1s).what, kind::run);
  s.advanced(7, now + 1s);
  ASSERT_EQ(s.next(0, now + 1250ms).what, kind::look) << "though there is work";
  s.horizon_is(60, now + 1250ms);
  EXPECT_FALSE(s.is_horizon_stuck());
  EXPECT_EQ(s.next(0, now + 1250ms).what, kind::wait);
  ASSERT_EQ(s.next(0, now + 2s).what, kind::look);
  s.horizon_is(70, now + 2s);
  ASSERT_EQ(s.next(0, now + 2900ms).what, kind::look);
  s.horizon_is(70, now + 2900ms);
  EXPECT_EQ(s.next(0, now + 2900ms).what, kind::wait) << "it moved 900 ms ago";
  ASSERT_EQ(s.next(0, now + 3s).what, kind::look);
  s.horizon_is(70, now + 3s);
  EXPECT_EQ(s.next(0, now + 3s).what, kind::run);
}

TEST(Scheduler, APauseIsNotTakenForAHorizonThatStandsStill) {
  auto s = between_passes();
  s.next(0, now);
  s.horizon_is(50, now);
  s.pause(true);
  ASSERT_EQ(s.next(0, now + 1h).what, kind::wait);
  s.pause(false);
  ASSERT_EQ(s.next(0, now + 1h).what, kind::look);
  s.horizon_is(101, now + 1h);
  EXPECT_EQ(s.next(0, now + 1h).what, kind::run);
  EXPECT_FALSE(s.is_horizon_stuck());
}

TEST(Scheduler, LooksAtTheHorizonNowAndThenWhileThereIsWork) {
  auto s = between_passes(1);
  s.set_workers(2);
  s.next(0, now);
  s.horizon_is(50, now);
  ASSERT_EQ(s.next(0, now).what, kind::claim);
  s.add(numbered(8), 0);
  s.advanced(8, now);
  ASSERT_EQ(s.next(0, now + 249ms).what, kind::run);
  s.advanced(8, now + 249ms);
  EXPECT_EQ(s.next(0, now + 250ms).what, kind::look);
}

TEST(Scheduler, AnOlderReadingOfTheHorizonCountsForNothing) {
  auto s = between_passes();
  s.next(0, now);
  s.horizon_is(101, now);
  s.horizon_is(0, now + 10ms);
  EXPECT_EQ(s.next(0, now + 10ms).what, kind::run);
}

// What one worker may do next in a random history; `mine` are the ranges that workers are on.
void step(scheduler& s, int worker, std::map<int, std::int64_t>& mine, std::int64_t& last,
          time_point at) {
  if (const auto held = mine.find(worker); held != mine.end()) {
    const auto number = held->second;
    mine.erase(held);
    switch (*rc::gen::inRange(0, 3)) {
      case 0:
        return s.advanced(number, at);
      case 1:
        return s.postponed(number, at + 1s * *rc::gen::inRange(0, 5), 50ms);
      default:
        return s.closed(number);
    }
  }
  const auto a = s.next(worker, at);
  if (a.what == kind::claim) {
    s.add(numbered(++last), worker);
    mine[worker] = last;
  } else if (a.what == kind::run) {
    RC_ASSERT(a.range->worker == worker);
    RC_ASSERT(a.range->not_before <= at);
    mine[worker] = a.range->claim.number;
  } else {
    RC_ASSERT(a.until > at);
  }
}

RC_GTEST_PROP(SchedulerProperty, NoTwoWorkersAreEverOnOneRange, ()) {
  const int workers = *rc::gen::inRange(1, 5);
  auto s = with_workers(workers, 1);
  std::map<int, std::int64_t> mine;
  std::int64_t last = 0;
  auto at = now;
  const auto turns = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, workers));
  for (const int worker : turns) {
    at += 1s;
    step(s, worker, mine, last, at);
    std::set<std::int64_t> distinct;
    for (const auto& [who, number] : mine) {
      distinct.insert(number);
    }
    RC_ASSERT(distinct.size() == mine.size());
    RC_ASSERT(s.busy() == static_cast<int>(mine.size()));
  }
}

// Ranges of four passes under a horizon that moves at random, or not at all.
RC_GTEST_PROP(SchedulerProperty, APassBeginsBehindTheHorizonOrWhenPatienceIsOver, ()) {
  auto s = with_workers(2, 2);
  std::map<int, std::int64_t> mine;
  std::map<std::int64_t, time_point> ended;
  std::int64_t last = 0;
  std::uint64_t xid = 100;
  std::uint64_t horizon = 0;
  auto at = now;
  const auto turns = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 2));
  for (const int worker : turns) {
    at += 1ms * *rc::gen::inRange(1, 400);
    if (const auto held = mine.find(worker); held != mine.end()) {
      ended[held->second] = at;
      s.advanced(held->second, at);
      mine.erase(held);
      continue;
    }
    const auto a = s.next(worker, at);
    if (a.what == kind::look) {
      horizon = std::max(horizon, xid - *rc::gen::inRange<std::uint64_t>(0, 20));
      s.horizon_is(horizon, at);
      continue;
    }
    if (a.what != kind::run && a.what != kind::claim) continue;
    auto& range = a.what == kind::claim ? s.add(numbered(++last), worker) : *a.range;
    if (a.what == kind::run) {
      RC_ASSERT(range.claim.xid < horizon || s.is_horizon_stuck() ||
                at - ended.at(range.claim.number) >= 1s);
    }
    range.claim.stripes = 4;
    range.claim.at.stripe += 1;
    range.claim.xid = ++xid;
    mine[worker] = range.claim.number;
  }
}

TEST(Scheduler, ARangeThatWasTakenOverHasWaitedBefore) {
  auto s = with_workers(1);
  auto c = numbered(7);
  c.stripes = 4;
  c.at.stripe = 2;
  c.xid = 100;
  s.add(c, 0);
  s.postponed(7, now, 0ms);
  EXPECT_EQ(s.next(0, now).what, kind::run);
}

TEST(Scheduler, AFailedLookIsTriedAgainAndBoundsNothing) {
  auto s = between_passes();
  ASSERT_EQ(s.next(0, now).what, kind::look);
  s.horizon_is(0, now);
  EXPECT_EQ(s.next(0, now + 5ms).what, kind::wait);
  EXPECT_EQ(s.next(0, now + 10ms).what, kind::look);
  s.horizon_is(0, now + 10ms);
  ASSERT_EQ(s.next(0, now + 1s).what, kind::look);
  s.horizon_is(0, now + 1s);
  EXPECT_EQ(s.next(0, now + 1s).what, kind::run) << "patience is over";
}

}  // namespace
}  // namespace pawl::run
