#include "observe/terminal_view.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "observe/fake_terminal.hpp"
#include "observe/simulated_run.hpp"

namespace pawl::observe {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

// A view on a fake terminal, and the words of the two streams.
struct seat {
  explicit seat(int columns = 120, int rows = 30, bool colour = false) : screen_(columns, rows) {
    streams out;
    out.progress = {[this](std::string_view text) { screen_.write(text); }, colour};
    out.result = {[this](std::string_view text) { result_ += text; }, colour};
    terminal_options options;
    options.size = [this] { return screen{screen_.columns(), screen_.rows()}; };
    view_.emplace(out, options);
  }

  void emit(event_body body) { view_->on(run_.at_this_moment(std::move(body))); }

  void tick_after(std::chrono::milliseconds time) {
    run_.pass(time);
    view_->tick(run_.now());
  }

  std::string shown() const {
    std::string text;
    for (const std::string& line : screen_.lines()) {
      text += line + "\n";
    }
    return text;
  }

  simulated_run run_;
  fake_terminal screen_;
  std::string result_;
  std::optional<terminal_view> view_;
};

int count_of(const std::string& text, const std::string& part) {
  int count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

TEST(TerminalView, DrawsTheBlockBelowTheOpening) {
  seat s;

  s.emit(an_opened_run());

  EXPECT_THAT(s.shown(), StartsWith("pawl run 42  backfill_currency_code\n"));
  EXPECT_THAT(s.shown(),
              HasSubstr("  pause      pawl pause 42\n\nbackfill_currency_code  0/~2.00M rows"));
  EXPECT_THAT(s.shown(), testing::EndsWith("  Ctrl-C drains, the state is saved\n"));
}

TEST(TerminalView, RedrawsInPlace) {
  seat s;
  s.emit(an_opened_run());

  for (int i = 1; i <= 50; ++i) {
    s.run_.pass(200ms);
    s.emit(a_batch(1000, 150ms));
    s.emit(totals_of(i * 1000, i * 0.01));
  }
  s.tick_after(100ms);

  EXPECT_EQ(count_of(s.shown(), "elapsed"), 1);
  EXPECT_THAT(s.shown(), HasSubstr("50.0%  50.0k/~2.00M rows  5.00k rows/s"));
}

TEST(TerminalView, WritesAtMostTenTimesASecondAndOnlyChanges) {
  seat s;
  s.emit(an_opened_run());
  const int before = s.screen_.writes();

  for (int i = 0; i < 1000; ++i) {
    s.run_.pass(1ms);
    s.emit(a_batch(10, 1ms));
  }
  EXPECT_LE(s.screen_.writes() - before, 10);
  EXPECT_GE(s.screen_.writes() - before, 5);

  s.tick_after(100ms);
  const int after = s.screen_.writes();
  s.tick_after(100ms);
  s.tick_after(100ms);
  EXPECT_EQ(s.screen_.writes(), after);
}

TEST(TerminalView, WarningsScrollByAboveTheBlock) {
  seat s;
  s.emit(an_opened_run());
  s.run_.pass(1s);

  s.emit(notice{"first \x1b[31m\nwarning"});
  s.emit(a_retry("40P01", "deadlock detected"));
  s.tick_after(100ms);

  const std::string shown = s.shown();
  const auto first = shown.find("\nnote: first [31m warning\n");
  const auto second = shown.find("\nretry: worker 0, range 7: deadlock detected [40P01]");
  EXPECT_LT(shown.find("pawl pause 42"), first);
  EXPECT_LT(first, second);
  EXPECT_LT(second, shown.find("\nbackfill_currency_code  0/~2.00M rows"));
  EXPECT_EQ(count_of(shown, "elapsed"), 1);
}

TEST(TerminalView, EqualRetriesAreShownOnceInTenSeconds) {
  seat s;
  s.emit(an_opened_run());

  for (int i = 0; i < 120; ++i) {
    s.run_.pass(100ms);
    s.emit(a_retry("55P03", "lock timeout"));
  }
  s.tick_after(100ms);

  EXPECT_EQ(count_of(s.shown(), "lock timeout"), 2);
  EXPECT_THAT(s.shown(), HasSubstr("(and 99 more like it)"));
}

TEST(TerminalView, AFloodOfNoticesIsToldByItsNumber) {
  seat s;
  s.emit(an_opened_run());

  for (int i = 0; i < 5000; ++i) {
    s.emit(notice{"flood"});
  }
  s.tick_after(100ms);

  EXPECT_EQ(count_of(s.shown(), "note: flood"), 100);
  EXPECT_THAT(s.shown(), HasSubstr("and 4900 lines more\n"));
}

TEST(TerminalView, StateChangesAreKeptInTheScrollback) {
  seat s;
  s.emit(an_opened_run());
  s.emit(state_changed{run_state::running, ""});

  s.emit(state_changed{run_state::paused, "by alice"});
  s.run_.pass(10s);
  s.emit(state_changed{run_state::running, ""});
  s.tick_after(100ms);

  EXPECT_THAT(s.shown(), HasSubstr("\npaused: by alice\nrunning\nbackfill_currency_code"));
}

TEST(TerminalView, LeavesTheLastBlockAndThenTheSummary) {
  seat s;
  s.emit(an_opened_run());
  s.emit(a_batch(2'000'000, 200ms));
  s.run_.pass(10ms);

  s.emit(an_ended_run(run_state::done, 2'000'000));
  const std::string at_the_end = s.shown();
  s.tick_after(10s);

  EXPECT_THAT(at_the_end, testing::EndsWith("changed 2.00M  HOT 0%\n  DONE\n"));
  EXPECT_THAT(at_the_end, HasSubstr("100.0%  2.00M rows"));
  EXPECT_EQ(s.shown(), at_the_end);
  EXPECT_THAT(s.result_, StartsWith("\nDONE  backfill_currency_code  run 42, in 14.2s\n"));
}

TEST(TerminalView, ARunThatCouldNotOpenStillSaysWhy) {
  seat s;
  run_ended e = an_ended_run(run_state::failed, 0);
  e.cause = error{errc::unreachable, "the server does not answer", "", "", "", {}};

  s.emit(e);

  EXPECT_EQ(s.shown(), "");
  EXPECT_THAT(s.result_, HasSubstr("why        PAWL-400: the server does not answer\n"));
}

TEST(TerminalView, ColourNeverStandsAlone) {
  seat plain(120, 30, false);
  seat coloured(120, 30, true);

  for (seat* s : {&plain, &coloured}) {
    s->emit(an_opened_run());
    s->emit(a_retry("40P01", "deadlock detected"));
    s->emit(state_changed{run_state::held, "disk is full"});
    s->tick_after(150ms);
  }

  EXPECT_EQ(coloured.shown(), plain.shown());
  EXPECT_EQ(plain.result_.find('\x1b'), std::string::npos);
}

TEST(TerminalView, ResizingLeavesNoPieceOfTheOldBlock) {
  EXPECT_TRUE(rc::check([] {
    seat s(120, 60);
    s.emit(an_opened_run());
    int warnings = 0;
    for (const int columns : *rc::gen::container<std::vector<int>>(rc::gen::inRange(40, 200))) {
      if (columns % 3 == 0) {
        s.screen_.resize(columns);
      } else if (columns % 3 == 1) {
        s.emit(notice{"warning"});
        ++warnings;
      } else {
        s.emit(a_batch(columns * 1000, 200ms));
      }
      s.tick_after(100ms);
    }
    RC_ASSERT(count_of(s.shown(), "elapsed") <= 1);
    RC_ASSERT(count_of(s.shown(), "Ctrl-C drains") == 1);
    RC_ASSERT(count_of(s.shown(), "note: warning") == warnings);
    RC_ASSERT(count_of(s.shown(), "pawl pause 42") == 1);
  }));
}

TEST(TerminalView, FitsALowScreen) {
  seat s(120, 3);
  s.emit(an_opened_run());

  for (int i = 0; i < 20; ++i) {
    s.emit(a_batch(1000, 200ms));
    s.tick_after(1s);
  }

  EXPECT_EQ(count_of(s.shown(), "elapsed"), 1);
  EXPECT_EQ(count_of(s.shown(), "Ctrl-C drains"), 1);
}

TEST(TerminalView, TakesAwayTheEchoOfCtrlC) {
  seat s;
  s.emit(an_opened_run());

  s.screen_.write("^C");
  s.tick_after(1s);

  EXPECT_EQ(count_of(s.shown(), "^C"), 0);
  EXPECT_EQ(count_of(s.shown(), "elapsed"), 1);
}

TEST(TerminalView, NeverMovesAboveAScreenThatHasBecomeLow) {
  seat s(79, 30);
  s.emit(an_opened_run());
  s.emit(a_batch(1000, 200ms));
  s.tick_after(1s);

  s.screen_.set_rows(3);
  s.tick_after(1s);
  s.tick_after(1s);

  EXPECT_THAT(s.shown(), testing::EndsWith("elapsed 3s\n  Ctrl-C drains, the state is saved\n"));
}

TEST(TerminalView, AScreenThatTellsNoSizeIsTakenFor80By24) {
  seat s(0, 0);

  s.screen_ = fake_terminal(80, 24);
  s.emit(an_opened_run());

  EXPECT_THAT(s.shown(), HasSubstr("backfill_currency_code"));
}

}  // namespace
}  // namespace pawl::observe
