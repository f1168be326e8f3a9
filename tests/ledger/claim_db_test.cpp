#include <gtest/gtest.h>

#include "ledger/ledger_database.hpp"
#include "ledger/range.hpp"
#include "ledger/run.hpp"

namespace pawl::ledger {
namespace {

using test::far;
using test::ledger_database;
using test::me;
using test::other;

class Claim : public test::on_each_version {
 protected:
  // What `runner` gets, over a connection of its own, while it works on `held`.
  static std::optional<claim> take_beside(ledger_database& db, const std::string& runner,
                                          std::vector<std::int64_t> held) {
    test::open_connection c(db.on(), db.url());
    return db.on().await(take(c.get(), 1, runner, std::move(held), far())).value();
  }
  // The same while it works on all that it has claimed.
  static std::optional<claim> take_as(ledger_database& db, const std::string& runner) {
    std::vector<std::int64_t> held;
    for (const auto& row :
         db.sql("SELECT number FROM pawl.range WHERE runner = '" + runner + "'")) {
      held.push_back(std::stoll(row.front().value()));
    }
    return take_beside(db, runner, std::move(held));
  }
};
PAWL_ON_EACH_VERSION(Claim);

piece cut_at(key_values hi, std::int64_t rows, double share) {
  piece p;
  p.hi = std::move(hi);
  p.rows = rows;
  p.share = share;
  return p;
}

TEST_P(Claim, TakesTheFirstFreeRangeAndNoOther) {
  ledger_database db(version());
  for (const int number : {1, 2, 3}) {
    db.add_ready(number);
  }
  const auto taken = take_as(db, me);
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->number, 1);
  EXPECT_EQ(taken->token, 1);
  EXPECT_EQ(taken->lo, key_values{"0"});
  EXPECT_EQ(taken->hi, key_values{"10"});
  EXPECT_EQ(taken->at, cursor{});
  EXPECT_FALSE(taken->takeover);
  EXPECT_EQ(db.value("SELECT string_agg(state, ' ' ORDER BY number) FROM pawl.range"),
            "claimed ready ready");
}

TEST_P(Claim, LeavesWhatTheRunnerWorksOnAloneEvenIfItLooksDead) {
  ledger_database db(version());
  db.add_ready(1);
  ASSERT_TRUE(take_as(db, me));
  db.sql("UPDATE pawl.runner SET lease_until = '-infinity'");

  EXPECT_FALSE(take_beside(db, me, {1}));
  const auto stolen = take_as(db, other);

  ASSERT_TRUE(stolen) << "others may have it";
  EXPECT_TRUE(stolen->takeover);
}

TEST_P(Claim, TakesAgainWhatItClaimedWithoutAnAnswer) {
  ledger_database db(version());
  db.add_ready(1);
  ASSERT_TRUE(take_as(db, me));

  const auto again = take_beside(db, me, {});

  ASSERT_TRUE(again);
  EXPECT_EQ(again->token, 2);
  EXPECT_FALSE(again->takeover);
}

TEST_P(Claim, TakesOneRangeUnderEveryPlan) {
  ledger_database db(version());
  for (int number = 1; number <= 6; ++number) {
    db.add_ready(number);
  }
  int expected = 0;
  for (const char* only : {"enable_nestloop", "enable_hashjoin", "enable_mergejoin"}) {
    std::string all;
    for (const char* join : {"enable_nestloop", "enable_hashjoin", "enable_mergejoin"}) {
      all += "ALTER DATABASE " + db.database().name() + " SET " + join + " = " +
             (std::string{join} == only ? "on;" : "off;");
    }
    db.sql(all);
    const auto taken = take_as(db, other);
    ASSERT_TRUE(taken) << only;
    EXPECT_EQ(taken->number, ++expected) << only;
    db.add_runner("00000000-0000-0000-0000-0000000000" + std::to_string(10 + expected));
    db.sql("UPDATE pawl.range SET token = token + 1, runner = '00000000-0000-0000-0000-0000000000" +
           std::to_string(10 + expected) + "' WHERE number = " + std::to_string(expected));
    EXPECT_EQ(db.value("SELECT count(*) FROM pawl.range WHERE state = 'claimed'"),
              std::to_string(expected))
        << only;
  }
}

TEST_P(Claim, SkipsARangeThatAnotherTransactionHolds) {
  ledger_database db(version());
  db.add_runner(me);
  db.add_ready(1);
  db.add_ready(2);
  test::session holder(db.url());
  holder.run("BEGIN; SELECT FROM pawl.range WHERE number = 1 FOR NO KEY UPDATE");
  EXPECT_EQ(take_as(db, me)->number, 2);
  EXPECT_FALSE(take_as(db, me)) << "it must not wait";
  holder.run("ROLLBACK");
}

TEST_P(Claim, LeavesTheRangeOfALivingRunner) {
  ledger_database db(version());
  db.add_runner(other);
  db.add_claimed(1, other);
  EXPECT_FALSE(take_as(db, me));
}

TEST_P(Claim, TakesOverFromADeadRunnerUnderAHigherToken) {
  ledger_database db(version());
  db.add_runner(other, "-1 second");
  db.add_claimed(1, other);
  db.sql("UPDATE pawl.range SET pos = '{4}'");
  const auto taken = take_as(db, me);
  ASSERT_TRUE(taken);
  EXPECT_TRUE(taken->takeover);
  EXPECT_EQ(taken->token, 6);
  EXPECT_EQ(taken->at.pos, key_values{"4"});
  EXPECT_EQ(db.range("runner"), me);
}

TEST_P(Claim, ARunnerIsDeadAsSoonAsItsBackendIsGone) {
  ledger_database db(version());
  db.add_claimed(1, other);
  auto runner = std::make_unique<test::open_connection>(db.on(), db.url());
  const auto pid = runner->get().backend_pid();
  runner_card card;
  card.id = other;
  card.run = 1;
  card.pid = pid;
  card.lease = std::chrono::hours{1};
  db.on().await(register_runner(runner->get(), card, far())).value();
  EXPECT_FALSE(take_as(db, me)) << "it lives";

  runner.reset();
  ASSERT_TRUE(test::wait_until(db.url(), "NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = " +
                                             std::to_string(pid) + ")"));

  const auto taken = take_as(db, me);
  ASSERT_TRUE(taken);
  EXPECT_TRUE(taken->takeover);
}

TEST_P(Claim, NothingIsTakenWhileTheRunIsNotToGoOn) {
  ledger_database db(version());
  db.add_ready(1);
  for (const char* change :
       {"desired = 'pause'", "desired = 'cancel'", "state = 'failed'", "state = 'verifying'"}) {
    db.sql(std::string{"UPDATE pawl.run SET "} + change);
    EXPECT_FALSE(take_as(db, me)) << change;
    db.sql("UPDATE pawl.run SET desired = 'run', state = 'running'");
  }
  db.sql("UPDATE pawl.range SET not_before = clock_timestamp() + interval '1 hour'");
  EXPECT_FALSE(take_as(db, me)) << "it has to wait";
  db.sql("UPDATE pawl.range SET not_before = '-infinity'");
  EXPECT_TRUE(take_as(db, me));
}

// What holds a run is probed by going on; where that was a claim, only a claim can tell.
TEST_P(Claim, ProbesWhatHoldsTheRun) {
  ledger_database db(version());
  db.add_ready(1);
  db.sql("UPDATE pawl.run SET state = 'held'");

  EXPECT_TRUE(take_as(db, me));
}

TEST_P(Claim, ALeavingRunnerFreesItsRangesAtTheirCursor) {
  ledger_database db(version());
  db.add_runner(me);
  db.add_claimed(1);
  db.add_claimed(2, other);
  db.sql("UPDATE pawl.range SET pos = '{4}' WHERE number = 1");
  test::open_connection c(db.on(), db.url());
  db.on().await(remove_runner(c.get(), 1, me, far())).value();
  EXPECT_EQ(db.range("state, pos", 1), "ready {4}");
  EXPECT_EQ(db.range("state", 2), "claimed");
  EXPECT_EQ(db.value("SELECT count(*) FROM pawl.runner"), "0");
}

TEST_P(Claim, ACutRangeIsClaimedAtOnceAndMovesTheFrontier) {
  ledger_database db(version());
  test::open_connection c(db.on(), db.url());
  auto at = db.on().await(lock_frontier(c.get(), 1, far())).value();
  ASSERT_TRUE(at);
  EXPECT_EQ(at->lo, std::nullopt);
  EXPECT_EQ(at->bound, key_values{"100"});
  const auto first =
      db.on().await(add_range(c.get(), 1, *at, cut_at({"60"}, 60, 0.6), me, far())).value();
  EXPECT_EQ(first.number, 1);

  at = db.on().await(lock_frontier(c.get(), 1, far())).value();
  ASSERT_TRUE(at);
  EXPECT_EQ(at->lo, key_values{"60"});
  const auto last =
      db.on().await(add_range(c.get(), 1, *at, cut_at({"100"}, 40, 0.4), me, far())).value();
  EXPECT_EQ(last.number, 2);

  EXPECT_FALSE(db.on().await(lock_frontier(c.get(), 1, far())).value());
  EXPECT_FALSE(c.get().in_transaction());
  EXPECT_EQ(db.value("SELECT string_agg(concat(lo, hi, state, token), ' ' ORDER BY number)"
                     " FROM pawl.range"),
            "{60}claimed1 {60}{100}claimed1");
}

TEST_P(Claim, TwoRunnersCutOneAfterTheOther) {
  ledger_database db(version());
  test::open_connection c(db.on(), db.url());
  const auto at = db.on().await(lock_frontier(c.get(), 1, far())).value();
  test::session second(db.url());
  second.send("SELECT next_range FROM pawl.run WHERE id = 1 FOR NO KEY UPDATE");
  ASSERT_TRUE(second.becomes_blocked(db.url()));
  db.on().await(add_range(c.get(), 1, *at, cut_at({"60"}, 60, 0.6), me, far())).value();
  EXPECT_EQ(second.result(), (test::rows{{"2"}}));
}

TEST_P(Claim, GapsInTheCoverageAreFound) {
  ledger_database db(version());
  db.sql("UPDATE pawl.leaf SET exhausted = true, frontier = bound");
  test::open_connection c(db.on(), db.url());
  const auto gaps = [&] { return db.on().await(coverage_gaps(c.get(), 1, far())).value().size(); };
  EXPECT_EQ(gaps(), 1U) << "no range at all";
  db.sql(
      "INSERT INTO pawl.range (run, number, leaf, lo, hi, state) VALUES"
      " (1, 1, 1, NULL, '{50}', 'done'), (1, 2, 1, '{60}', '{100}', 'done')");
  EXPECT_EQ(gaps(), 1U) << "(50, 60] is missing";
  db.sql(
      "INSERT INTO pawl.range (run, number, leaf, lo, hi, state) VALUES"
      " (1, 3, 1, '{50}', '{60}', 'ready')");
  EXPECT_EQ(gaps(), 1U) << "(50, 60] is not done";
  db.sql(
      "UPDATE pawl.range SET state = 'claimed', token = 1, runner = '" + me +
      "' WHERE number = 3; UPDATE pawl.range SET state = 'done', runner = NULL WHERE number = 3");
  EXPECT_EQ(gaps(), 0U);
}

}  // namespace
}  // namespace pawl::ledger
