#include "observe/report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "observe/progress_model.hpp"
#include "observe/simulated_run.hpp"

namespace pawl::observe {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

std::string opening(const run_opened& e) {
  return joined(opening_lines(e, charset::ascii), false);
}

std::string closing(const run_ended& e) {
  simulated_run run;
  progress_model model;
  model.apply(run.at_this_moment(an_opened_run()));
  run.pass(1s);
  model.apply(run.at_this_moment(a_batch(2'000'000, 231ms)));
  model.apply(run.at_this_moment(e));
  return joined(closing_lines(e, model.at(run.now()), charset::ascii), false);
}

TEST(Report, OpeningSaysWhatWillHappenAndHowToStopIt) {
  EXPECT_EQ(opening(an_opened_run()),
            "pawl run 42  backfill_currency_code\n"
            "  server     127.0.0.1:5432/shop as app, PostgreSQL 15.20\n"
            "  table      financials, ~2.00M rows, 316 MB\n"
            "  key        id\n"
            "  strategy   keyset ranges over primary key (id)\n"
            "  limits     2 connections, batches sized to 250ms each, the first 10.0k rows\n"
            "  watch      pawl status 42 --watch   (from any terminal)\n"
            "  pause      pawl pause 42\n");
}

TEST(Report, OpeningTellsAResumptionNotesAndFixedBatches) {
  run_opened e = an_opened_run();
  e.resumed = true;
  e.key = {"tenant_id", "id"};
  e.jobs = 1;
  e.leaves = 12;
  e.rows_estimate.reset();
  e.batch_rows_fixed = true;
  e.notes = {"trigger audit_row fires\nfor each row", "another"};

  const std::string text = opening(e);

  EXPECT_THAT(text, HasSubstr("  resumes    what is committed stays, the rest is done now\n"));
  EXPECT_THAT(text, HasSubstr("number of rows unknown (no statistics), 316 MB, 12 partitions\n"));
  EXPECT_THAT(text, HasSubstr("  key        tenant_id, id\n"));
  EXPECT_THAT(text, HasSubstr("  limits     1 connection, 10.0k rows a batch\n"));
  EXPECT_THAT(text, HasSubstr("  note       trigger audit_row fires for each row\n"));
  EXPECT_THAT(text, HasSubstr("  note       another\n"));
}

TEST(Report, ClosingOfADoneRunTellsWhatWasMeasured) {
  run_ended e = an_ended_run(run_state::done, 2'000'000);
  e.rows_hot = 1'880'000;
  e.wal_bytes = 874'512'384;
  e.retries = {{"40P01", 2}, {"lost", 1}};
  e.verification = "no pending row left";
  e.next_step = "Plan a VACUUM of financials.";

  EXPECT_EQ(closing(e),
            "DONE  backfill_currency_code  run 42, in 14.2s\n"
            "  rows       2,000,000 rows changed, 2,000,000 scanned\n"
            "  rate       141k rows/s scanned\n"
            "  batches    1, p50 231ms p95 231ms p99 231ms\n"
            "  retries    3 (40P01 x 2, lost x 1)\n"
            "  HOT        94% of the changed rows\n"
            "  WAL        834 MB by the whole server meanwhile\n"
            "  verified   no pending row left\n"
            "  next       Plan a VACUUM of financials.\n");
}

TEST(Report, ClosingOfAFailureTellsWhyWhatIsCommittedAndHowToGoOn) {
  run_ended e = an_ended_run(run_state::failed, 1'230'000);
  e.rows_changed_here = 400'000;
  e.cause = error{errc::bad_row,       "division by zero in range 33", "Correct the row.", "22012",
                  "Failing row: (7).", {"backfill.sql", 3, 8}};

  const std::string text = closing(e);

  EXPECT_THAT(text, HasSubstr("FAILED  backfill_currency_code  run 42, after 14.2s\n"
                              "  why        backfill.sql:3:8: PAWL-101: division by zero in range "
                              "33 [22012]\n"
                              "  detail     Failing row: (7).\n"
                              "  hint       Correct the row.\n"
                              "  committed  1,230,000 rows changed, 1,230,000 scanned; "
                              "400,000 changed in this session\n"));
  EXPECT_THAT(text, HasSubstr("  go on      pawl resume 42\n"));
}

TEST(Report, ClosingOfEveryStopWithWorkLeftNamesTheCommandOnce) {
  for (const run_state state :
       {run_state::running, run_state::paused, run_state::held, run_state::failed}) {
    run_ended e = an_ended_run(state, 5);
    EXPECT_THAT(closing(e), HasSubstr("  go on      pawl resume 42\n"));
    e.next_step = "Type `pawl resume 42` when the replica is back.";
    EXPECT_THAT(closing(e), Not(HasSubstr("go on")));
    EXPECT_THAT(closing(e), HasSubstr("when the replica is back"));
  }
}

TEST(Report, NothingGoesOnAfterDoneOrCancelled) {
  EXPECT_THAT(closing(an_ended_run(run_state::done, 5)), Not(HasSubstr("pawl resume")));
  EXPECT_THAT(closing(an_ended_run(run_state::cancelled, 5)), Not(HasSubstr("pawl resume")));
}

TEST(Report, RetriesTellCauseActionAndHowManyWereLeftOut) {
  const batch_retried e = a_retry("40P01", "deadlock detected");

  EXPECT_EQ(retry_text(e, 0),
            "worker 0, range 7: deadlock detected [40P01]; retry, attempt 1 in 120ms");
  EXPECT_EQ(retry_text(e, 37),
            "worker 0, range 7: deadlock detected [40P01]; retry, attempt 1 in 120ms "
            "(and 37 more like it)");
}

TEST(Report, LongFactsGoOnBelowTheirText) {
  const std::vector<styled_line> lines{{{"  why   "}, {"one two three four five six seven"}},
                                       {{"a title of three"}, {" pieces"}, {" stays as it is"}}};

  EXPECT_EQ(joined(folded(lines, 30), false),
            "  why   one two three four\n"
            "        five six seven\n"
            "a title of three pieces stays as it is\n");
  EXPECT_EQ(folded(lines, 27), lines);
}

}  // namespace
}  // namespace pawl::observe
