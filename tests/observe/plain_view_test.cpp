#include "observe/plain_view.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "observe/simulated_run.hpp"

namespace pawl::observe {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

class PlainView : public testing::Test {
 protected:
  void start(bool quiet = false) {
    streams out;
    out.progress = {[this](std::string_view text) { progress_ += text; }};
    out.result = {[this](std::string_view text) { result_ += text; }};
    view_.emplace(out, quiet);
    emit(an_opened_run());
  }

  void emit(event_body body) { view_->on(run_.at_this_moment(std::move(body))); }

  void tick_after(std::chrono::milliseconds time) {
    run_.pass(time);
    view_->tick(run_.now());
  }

  // The lines about `what` since the last call, without their time.
  std::vector<std::string> lines_of(std::string_view what) {
    std::vector<std::string> lines;
    std::string_view rest = progress_;
    while (!rest.empty()) {
      const std::size_t end = rest.find('\n');
      const std::string_view line = rest.substr(0, end);
      if (line.find(" " + std::string(what) + " run=42") == 20) {
        lines.emplace_back(line.substr(21));
      }
      rest.remove_prefix(end + 1);
    }
    progress_.clear();
    return lines;
  }

  simulated_run run_;
  std::string progress_;
  std::string result_;
  std::optional<plain_view> view_;
};

TEST_F(PlainView, BeginsWithTheOpeningAndALineOfUnknowns) {
  start();

  EXPECT_THAT(progress_, StartsWith("pawl run 42  backfill_currency_code\n  server "));
  EXPECT_THAT(progress_,
              HasSubstr("\n2026-11-22T10:31:00Z progress run=42 job=backfill_currency_code pct=- "
                        "rows=0 changed=0 rate=- mean=- eta_s=- eta_spread_s=- elapsed_s=0 "
                        "state=running reason=\"\" batch_rows=10000 p50_ms=- p95_ms=- retries=0 "
                        "hot_pct=- wal_bytes_per_s=-\n"));
}

TEST_F(PlainView, WritesALineEachThirtySeconds) {
  start();
  lines_of("progress");

  for (int i = 0; i < 1200; ++i) {
    tick_after(100ms);
  }

  EXPECT_THAT(lines_of("progress"), SizeIs(4));
}

TEST_F(PlainView, WritesALineEachFivePercent) {
  start();
  lines_of("progress");

  for (int i = 1; i <= 100; ++i) {
    run_.pass(100ms);
    emit(totals_of(i * 1000, i / 100.0));
  }

  const auto lines = lines_of("progress");
  ASSERT_THAT(lines, SizeIs(20));
  EXPECT_THAT(lines[0], HasSubstr(" pct=5.0 rows=5000 changed=5000 "));
  EXPECT_THAT(lines[19], HasSubstr(" pct=100.0 "));
}

TEST_F(PlainView, WritesALineAtOnceWhenTheStateChanges) {
  start();
  lines_of("progress");

  emit(state_changed{run_state::paused, "by alice: \"lunch\""});
  emit(state_changed{run_state::running, ""});

  EXPECT_THAT(lines_of("progress"),
              ElementsAre(HasSubstr(R"(state=paused reason="by alice: \"lunch\"" )"),
                          HasSubstr("state=running reason=\"\" ")));
}

TEST_F(PlainView, AFlappingThrottleIsNoFlood) {
  start();
  tick_after(10s);
  lines_of("progress");

  for (int i = 0; i < 20; ++i) {
    run_.pass(1s);
    totals_read totals = totals_of(0, 0.01);
    if (i % 2 == 0) {
      totals.waiting = "throttled: replica lags 2.8 s > 2.0 s";
    }
    emit(totals);
  }

  const auto lines = lines_of("progress");
  EXPECT_THAT(lines, SizeIs(testing::AllOf(testing::Ge(2u), testing::Le(5u))));
  EXPECT_THAT(lines[0],
              HasSubstr("state=waiting reason=\"throttled: replica lags 2.8 s > 2.0 s\" "));
}

TEST_F(PlainView, WarningsAreOneLineEachAndHarmless) {
  start();

  emit(notice{"disk\n\x1b[2J is \xff full"});
  for (int i = 0; i < 50; ++i) {
    emit(a_retry("40P01", "deadlock detected"));
  }

  const std::string written = progress_;
  EXPECT_THAT(lines_of("notice"),
              ElementsAre("notice run=42 job=backfill_currency_code msg=\"disk [2J is ? full\""));
  progress_ = written;
  EXPECT_THAT(lines_of("retry"), SizeIs(1));
}

TEST_F(PlainView, EndsWithOneLastLineAndTheSummary) {
  start();
  emit(totals_of(500, 1.0));
  emit(state_changed{run_state::done, ""});
  lines_of("progress");

  emit(an_ended_run(run_state::done, 500));
  tick_after(60s);

  EXPECT_THAT(lines_of("progress"), IsEmpty());
  EXPECT_THAT(result_, StartsWith("DONE  backfill_currency_code  run 42, in 14.2s\n"));
}

TEST_F(PlainView, AStopWithoutAWordIsStillALine) {
  start();
  lines_of("progress");

  emit(an_ended_run(run_state::failed, 0));

  EXPECT_THAT(lines_of("progress"), ElementsAre(HasSubstr("state=failed")));
}

TEST_F(PlainView, QuietKeepsWarningsAndSummary) {
  start(true);

  tick_after(60s);
  emit(state_changed{run_state::paused, "by alice"});
  EXPECT_EQ(progress_, "");

  emit(notice{"careful"});
  emit(an_ended_run(run_state::paused, 0));
  EXPECT_THAT(lines_of("notice"), SizeIs(1));
  EXPECT_THAT(result_, HasSubstr("go on      pawl resume 42\n"));
}

}  // namespace
}  // namespace pawl::observe
