#include "observe/block.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <clocale>

#include "observe/state_line.hpp"

namespace pawl::observe {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

progress_snapshot in_full_swing() {
  progress_snapshot s;
  s.run = 42;
  s.job = "backfill_currency_code";
  s.wall = std::chrono::system_clock::time_point{1'795'343'460s};
  s.elapsed = 73min;
  s.fraction = 0.614;
  s.rows_scanned = 184'200'000;
  s.rows_changed = 180'900'000;
  s.rows_estimate = 300'000'000;
  s.rate = 41'800;
  s.rate_mean = 38'900;
  s.eta = eta_estimate{47min, 6min, false, s.wall + 47min};
  s.jobs = 8;
  s.batch_rows = 12'400;
  s.batches = 14'900;
  s.latency = batch_latency{310ms, 540ms, 700ms};
  s.hot_share = 0.94;
  s.wal_rate = 100'663'296;
  return s;
}

std::vector<std::string> drawn(const progress_snapshot& s, block_space space) {
  std::vector<std::string> lines;
  for (const styled_line& line : block_lines(s, space)) {
    lines.push_back(render(line, false));
  }
  return lines;
}

block_space space_of(int columns, charset set = charset::ascii) {
  block_space space;
  space.columns = columns;
  space.set = set;
  return space;
}

class Block : public testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_NE(std::setlocale(LC_CTYPE, "C.UTF-8"), nullptr); }
};

TEST_F(Block, ShowsEverythingWhereThereIsRoom) {
  EXPECT_THAT(
      drawn(in_full_swing(), space_of(140, charset::utf8)),
      ElementsAre("backfill_currency_code  ███████████░░░░░░░  61.4%  "
                  "184M/~300M rows  "
                  "41.8k rows/s (mean 38.9k)  ETA 47m (±6m) ~11:18  elapsed 1h13m",
                  "  8 workers  batch 12.4k rows p50 310ms p95 540ms  retries 0  changed 181M  "
                  "HOT 94%  WAL 96.0 MB/s (server)",
                  "  Ctrl-C drains, the state is saved"));
}

TEST_F(Block, LeavesOutTheLeastImportantAt120Columns) {
  EXPECT_THAT(drawn(in_full_swing(), space_of(120))[0],
              "backfill_currency_code  [########......]  61.4%  184M/~300M rows  41.8k rows/s  "
              "ETA 47m (+-6m)  elapsed 1h13m");
}

TEST_F(Block, TakesFourLinesAt79Columns) {
  EXPECT_THAT(
      drawn(in_full_swing(), space_of(79)),
      ElementsAre("backfill_currency_code  [######....]  61.4%  ETA 47m (+-6m)  elapsed 1h13m",
                  "  184M/~300M rows  41.8k rows/s (mean 38.9k)  changed 181M",
                  "  8 workers  batch 12.4k rows p50 310ms p95 540ms  retries 0  HOT 94%",
                  "  Ctrl-C drains, the state is saved"));
}

TEST_F(Block, KeepsTheFiguresThatCountAt50Columns) {
  EXPECT_THAT(
      drawn(in_full_swing(), space_of(50)),
      ElementsAre("backfill_currency_code  61.4%", "  184M/~300M rows  41.8k rows/s",
                  "  ETA 47m (+-6m) ~11:18  elapsed 1h13m", "  Ctrl-C drains, the state is saved"));
}

TEST_F(Block, ShowsNoPercentAndNoTotalThatIsNotKnown) {
  progress_snapshot s = in_full_swing();
  s.fraction.reset();
  s.eta.reset();
  s.rows_estimate = 100;

  EXPECT_THAT(drawn(s, space_of(140))[0],
              "backfill_currency_code  184M rows  41.8k rows/s (mean 38.9k)  elapsed 1h13m");
}

TEST_F(Block, EtaOfAPausedRunBeginsWithItsResumption) {
  progress_snapshot s = in_full_swing();
  s.state = run_state::paused;
  s.state_for = 22s;
  s.reason = "by alice on app-1";
  s.rate.reset();
  s.eta->after_resume = true;

  const auto lines = drawn(s, space_of(140));

  EXPECT_THAT(lines[0], HasSubstr("ETA 47m (+-6m) after resume"));
  EXPECT_THAT(lines[0], Not(HasSubstr("~11:18")));
  EXPECT_EQ(lines.back(), "  PAUSED 22s  by alice on app-1  `pawl resume 42` goes on");
}

TEST_F(Block, WaitingNamesItsReasonAndItsShare) {
  progress_snapshot s = in_full_swing();
  s.waiting = "throttled: replica db-2 lags 2.8 s";
  s.waiting_for = 22s;
  s.waiting_share = 0.06;

  EXPECT_EQ(drawn(s, space_of(140)).back(),
            "  WAITING 22s  throttled: replica db-2 lags 2.8 s  (6% of the run)  "
            "Ctrl-C drains, the state is saved");
}

TEST_F(Block, VerifyingShowsHowFar) {
  progress_snapshot s = in_full_swing();
  s.state = run_state::verifying;
  s.verify = verify_progress{1, 12, 40, 1500, 3};

  EXPECT_THAT(drawn(s, space_of(140)).back(),
              HasSubstr("VERIFYING 0s  12/40 ranges checked, round 2, 1.50k rows to sweep, "
                        "3 rows stay pending"));
}

TEST_F(Block, LongSilenceIsSaid) {
  progress_snapshot s = in_full_swing();
  s.silence = 45s;

  EXPECT_THAT(drawn(s, space_of(140)).back(), HasSubstr("no batch for 45s"));

  s.latency = batch_latency{20s, 30s, 30s};
  EXPECT_THAT(drawn(s, space_of(140)).back(), Not(HasSubstr("no batch")));
}

TEST_F(Block, ReasonsFromTheServerCannotMoveTheCursor) {
  progress_snapshot s = in_full_swing();
  s.state = run_state::held;
  s.reason = "evil \x1b[2J\n text";

  EXPECT_THAT(drawn(s, space_of(140)).back(), HasSubstr("evil [2J  text"));
}

TEST_F(Block, WorkersGetALineEachAsFarAsThereIsRoom) {
  progress_snapshot s = in_full_swing();
  s.workers = {{0, 12, 34, 540'000, 231ms, ""}, {1, 13, 0, 0, 0ms, "retry 40P01, attempt 2"}};
  block_space space = space_of(140);
  space.workers = true;

  EXPECT_THAT(drawn(s, space),
              ElementsAre(HasSubstr("61.4%"), HasSubstr("8 workers"),
                          "    #0  range 12  34 batches  540k changed  last 231ms",
                          "    #1  range 13  0 batches  0 changed  retry 40P01, attempt 2",
                          HasSubstr("Ctrl-C")));
  space.lines = 4;
  EXPECT_THAT(drawn(s, space), ElementsAre(HasSubstr("61.4%"), HasSubstr("8 workers"),
                                           HasSubstr("#0"), HasSubstr("Ctrl-C")));
  space.lines = 2;
  EXPECT_THAT(drawn(s, space), ElementsAre(HasSubstr("61.4%"), HasSubstr("Ctrl-C")));
  space.lines = 1;
  EXPECT_THAT(drawn(s, space), ElementsAre(HasSubstr("61.4%")));
}

TEST_F(Block, NeverReachesTheLastColumnOrTheLastLine) {
  EXPECT_TRUE(rc::check([](const std::string& job, const std::string& reason) {
    progress_snapshot s = in_full_swing();
    s.job = job;
    s.reason = reason;
    s.state = *rc::gen::element(run_state::running, run_state::paused, run_state::verifying,
                                run_state::failed, run_state::done);
    s.ended = *rc::gen::arbitrary<bool>();
    if (*rc::gen::arbitrary<bool>()) {
      s.waiting = reason;
    }
    s.retries["40P01"] = *rc::gen::inRange(0, 1'000'000'000);
    s.workers.resize(static_cast<std::size_t>(*rc::gen::inRange(0, 10)));
    block_space space =
        space_of(*rc::gen::inRange(1, 200), *rc::gen::element(charset::ascii, charset::utf8));
    space.lines = *rc::gen::inRange(1, 20);
    space.workers = *rc::gen::arbitrary<bool>();

    const std::vector<styled_line> lines = block_lines(s, space);

    RC_ASSERT(!lines.empty());
    RC_ASSERT(lines.size() <= static_cast<std::size_t>(space.lines));
    for (const styled_line& line : lines) {
      RC_ASSERT(width_of(line) <= std::max(space.columns - 1, 1));
    }
  }));
}

TEST_F(Block, TheStateWordIsThereWithoutColour) {
  progress_snapshot s = in_full_swing();
  s.ended = true;
  const std::vector<std::pair<run_state, std::string>> words{
      {run_state::running, "STOPPED"}, {run_state::paused, "PAUSED"},
      {run_state::held, "HELD"},       {run_state::done, "DONE"},
      {run_state::failed, "FAILED"},   {run_state::cancelled, "CANCELLED"},
  };

  for (const auto& [state, word] : words) {
    s.state = state;
    EXPECT_EQ(state_word(s).text, word);
    EXPECT_EQ(render(state_line(s, 80, charset::ascii), false), "  " + word);
  }
}

}  // namespace
}  // namespace pawl::observe
