#include "observe/progress_model.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "observe/simulated_run.hpp"

namespace pawl::observe {
namespace {

using namespace std::chrono_literals;

class ProgressModel : public testing::Test {
 protected:
  void emit(event_body body) { model_.apply(run_.at_this_moment(std::move(body))); }

  progress_snapshot now() const { return model_.at(run_.now()); }

  void open(bool resumed = false) {
    run_opened e = an_opened_run();
    e.resumed = resumed;
    emit(e);
  }

  // A second of work that moves the position by `step`, with one batch and a look at the totals.
  void work_a_second(double step) {
    run_.pass(1s);
    rows_ += 1000;
    position_ += step;
    emit(a_batch(1000, 200ms));
    emit(totals_of(rows_, position_));
  }

  simulated_run run_;
  progress_model model_;
  std::int64_t rows_ = 0;
  double position_ = 0;
};

TEST_F(ProgressModel, TotalsAreTheLedgersAndOwnBatchesSince) {
  open();
  emit(a_batch(100, 10ms));
  emit(totals_of(5000, 0.1));
  emit(a_batch(30, 10ms));

  EXPECT_EQ(now().rows_scanned, 5030);
  EXPECT_EQ(now().rows_changed, 5030);
}

TEST_F(ProgressModel, TotalsReadBeforeACommitDoNotGoBack) {
  open();
  emit(a_batch(100, 10ms));
  emit(totals_of(0, 0.0));

  EXPECT_EQ(now().rows_scanned, 100);
}

TEST_F(ProgressModel, TheEndGivesTheFinalTotals) {
  open();
  emit(a_batch(100, 10ms));
  emit(an_ended_run(run_state::done, 90));

  EXPECT_EQ(now().rows_changed, 90);
  EXPECT_EQ(now().fraction, 1.0);
  EXPECT_TRUE(now().ended);
  EXPECT_EQ(now().elapsed, 14s);
}

TEST_F(ProgressModel, AResumedRunShowsNoRowsBeforeTheyAreRead) {
  open(true);

  emit(a_batch(100, 10ms));
  EXPECT_FALSE(now().rows_scanned.has_value());

  emit(totals_of(1'000'100, 0.5));
  EXPECT_EQ(now().rows_scanned, 1'000'100);
}

TEST_F(ProgressModel, EarlierSessionsAreNotThisOnesRate) {
  open(true);
  emit(totals_of(1'000'000, 0.5));
  rows_ = 1'000'000;
  position_ = 0.5;

  for (int i = 0; i < 10; ++i) {
    work_a_second(0.001);
  }

  EXPECT_NEAR(now().rate.value(), 1000, 1);
  EXPECT_NEAR(now().rate_mean.value(), 1000, 1);
}

TEST_F(ProgressModel, FractionIsClampedAndIgnoresWhatIsNoNumber) {
  open();

  emit(totals_of(0, std::nan("")));
  EXPECT_FALSE(now().fraction.has_value());
  emit(totals_of(0, 1.4));
  EXPECT_EQ(now().fraction, 1.0);
  emit(totals_of(0, std::nullopt));
  EXPECT_EQ(now().fraction, 1.0);
}

TEST_F(ProgressModel, NothingShownEverGoesBack) {
  EXPECT_TRUE(rc::check([] {
    simulated_run run;
    progress_model model;
    model.apply(run.at_this_moment(an_opened_run()));
    progress_snapshot before = model.at(run.now());
    for (const int step : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 300))) {
      run.pass(std::chrono::milliseconds{step});
      if (step % 3 == 0) {
        model.apply(run.at_this_moment(a_batch(step, 5ms)));
      } else if (step % 3 == 1) {
        model.apply(run.at_this_moment(totals_of(step * 10, step / 200.0)));
      } else {
        const run_state state = step % 2 == 0 ? run_state::paused : run_state::running;
        model.apply(run.at_this_moment(state_changed{state, ""}));
      }
      const progress_snapshot after = model.at(run.now());
      RC_ASSERT(after.rows_scanned.value() >= before.rows_scanned.value());
      RC_ASSERT(after.rows_changed.value() >= before.rows_changed.value());
      RC_ASSERT(after.fraction.value_or(0) >= before.fraction.value_or(0));
      RC_ASSERT(after.fraction.value_or(0) <= 1);
      before = after;
    }
  }));
}

TEST_F(ProgressModel, EtaComesAfterOnePercentAndThirtySeconds) {
  open();

  for (int i = 0; i < 29; ++i) {
    work_a_second(0.01);
  }
  EXPECT_FALSE(now().eta.has_value());

  work_a_second(0.01);
  ASSERT_TRUE(now().eta.has_value());
  EXPECT_NEAR(static_cast<double>(now().eta->left.count()), 70, 1);
  EXPECT_EQ(now().eta->at, now().wall + now().eta->left);
  EXPECT_FALSE(now().eta->after_resume);
}

TEST_F(ProgressModel, EtaWaitsForOnePercent) {
  open();

  for (int i = 0; i < 99; ++i) {
    work_a_second(0.0001);
  }
  EXPECT_FALSE(now().eta.has_value());

  work_a_second(0.0002);
  EXPECT_TRUE(now().eta.has_value());
}

TEST_F(ProgressModel, AnOldRunsEtaFollowsTheRecentPace) {
  open();
  for (int i = 0; i < 300; ++i) {
    work_a_second(0.001);
  }
  for (int i = 0; i < 100; ++i) {
    work_a_second(0.0005);
  }

  EXPECT_NEAR(static_cast<double>(now().eta->left.count()), 0.65 / 0.0005, 15);
}

TEST_F(ProgressModel, EtaLeavesOutPausesAndSaysSo) {
  open();
  for (int i = 0; i < 40; ++i) {
    work_a_second(0.01);
  }

  emit(state_changed{run_state::paused, "by alice"});
  run_.pass(1h);

  ASSERT_TRUE(now().eta.has_value());
  EXPECT_NEAR(static_cast<double>(now().eta->left.count()), 60, 1);
  EXPECT_TRUE(now().eta->after_resume);
  EXPECT_EQ(now().state_for, 1h);
  EXPECT_FALSE(now().rate.has_value());

  emit(state_changed{run_state::running, ""});
  work_a_second(0.01);
  EXPECT_NEAR(static_cast<double>(now().eta->left.count()), 59, 1);
  EXPECT_FALSE(now().eta->after_resume);
}

TEST_F(ProgressModel, WaitingIsTimedAndLeftOutOfTheEta) {
  open();
  for (int i = 0; i < 40; ++i) {
    work_a_second(0.01);
  }

  totals_read throttled = totals_of(rows_, position_);
  throttled.waiting = "throttled: replica db-2 lags 2.8 s";
  emit(throttled);
  run_.pass(10s);
  emit(throttled);

  EXPECT_EQ(now().waiting, throttled.waiting);
  EXPECT_EQ(now().waiting_for, 10s);
  EXPECT_NEAR(now().waiting_share, 0.2, 0.001);
  EXPECT_TRUE(now().eta->after_resume);
  EXPECT_NEAR(static_cast<double>(now().eta->left.count()), 60, 1);
}

TEST_F(ProgressModel, EtaRangeGrowsWithAnUnevenPace) {
  open();
  for (int i = 0; i < 60; ++i) {
    work_a_second(i % 10 == 0 ? 0.05 : 0.0);
  }

  EXPECT_GT(now().eta->spread, 20s);
}

TEST_F(ProgressModel, NoStatisticsNoPercentNoEta) {
  open();
  for (int i = 0; i < 60; ++i) {
    run_.pass(1s);
    rows_ += 1000;
    emit(totals_of(rows_, std::nullopt));
  }

  EXPECT_FALSE(now().fraction.has_value());
  EXPECT_FALSE(now().eta.has_value());
  EXPECT_NEAR(now().rate.value(), 1000, 1);
}

TEST_F(ProgressModel, RetriesAreCountedByCauseAndShownUntilTheNextCommit) {
  open();
  batch_retried lost = a_retry("", "connection lost");
  lost.cause.code = errc::connection_lost;
  emit(a_retry("40P01", "deadlock detected"));
  emit(a_retry("40P01", "deadlock detected"));
  emit(lost);

  const std::map<std::string, std::int64_t> expected{{"40P01", 2}, {"lost", 1}};
  EXPECT_EQ(now().retries, expected);
  EXPECT_EQ(now().retries_total(), 3);
  EXPECT_EQ(now().workers.at(0).trouble, "retry lost, attempt 1");

  emit(a_batch(10, 5ms));
  EXPECT_EQ(now().workers.at(0).trouble, "");
}

TEST_F(ProgressModel, BatchTimesHotShareAndWalAreMeasured) {
  open();
  totals_read totals = totals_of(1000, 0.1);
  totals.rows_hot = 250;
  totals.wal_bytes = 0;
  emit(totals);
  run_.pass(10s);
  totals.wal_bytes = 50'000'000;
  emit(totals);
  EXPECT_FALSE(now().latency.has_value());
  emit(a_batch(0, 231ms));

  EXPECT_EQ(now().latency->p50, 231ms);
  EXPECT_DOUBLE_EQ(now().hot_share.value(), 0.25);
  EXPECT_DOUBLE_EQ(now().wal_rate.value(), 5'000'000);
}

TEST_F(ProgressModel, SilenceIsTheTimeSinceTheLastCommit) {
  open();
  run_.pass(7s);
  EXPECT_EQ(now().silence, 7s);

  emit(a_batch(10, 5ms));
  run_.pass(2s);
  EXPECT_EQ(now().silence, 2s);
}

TEST_F(ProgressModel, ARunThatNeverOpenedEndsWithoutNonsense) {
  emit(an_ended_run(run_state::failed, 0));

  EXPECT_EQ(now().state, run_state::failed);
  EXPECT_EQ(now().silence, 0s);
  EXPECT_EQ(now().elapsed, 14s);
}

}  // namespace
}  // namespace pawl::observe
