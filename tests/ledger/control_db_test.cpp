#include <gtest/gtest.h>

#include "ledger/ledger_database.hpp"
#include "ledger/run.hpp"

namespace pawl::ledger {
namespace {

using test::ledger_database;
using test::me;

class Control : public test::on_each_version {
 protected:
  static std::string state(const ledger_database& db) {
    return db.value("SELECT concat_ws(' ', desired, state) FROM pawl.run");
  }
  static void request(const ledger_database& db, const std::string& what) {
    db.sql("INSERT INTO pawl.control (run, request) VALUES (1, '" + what + "')");
  }
};
PAWL_ON_EACH_VERSION(Control);

TEST_P(Control, WithoutARunnerARequestTakesEffectAtOnce) {
  const ledger_database db(version());
  request(db, "pause");
  EXPECT_EQ(state(db), "pause paused");
  EXPECT_EQ(db.value("SELECT reason LIKE 'paused by %' FROM pawl.run"), "t");
  request(db, "resume");
  EXPECT_EQ(state(db), "run running");
  EXPECT_EQ(db.value("SELECT reason FROM pawl.run"), "NULL");
  request(db, "cancel");
  EXPECT_EQ(state(db), "cancel cancelled");
  EXPECT_EQ(db.value("SELECT ended_at IS NOT NULL FROM pawl.run"), "t");
}

TEST_P(Control, WithARunnerARequestIsAWishThatTheRunnerFulfils) {
  const ledger_database db(version());
  db.add_runner(me);
  request(db, "pause");
  EXPECT_EQ(state(db), "pause running");
  request(db, "cancel");
  EXPECT_EQ(state(db), "cancel running");
}

TEST_P(Control, ADeadRunnerFulfilsNothing) {
  const ledger_database db(version());
  db.add_runner(me, "-1 second");
  request(db, "pause");
  EXPECT_EQ(state(db), "pause paused");
}

TEST_P(Control, SetChangesTheNamedTunablesAndKeepsTheOthers) {
  ledger_database db(version());
  db.sql(
      "INSERT INTO pawl.control (run, request, argument) VALUES"
      " (1, 'set', '{\"target_ms\": 500}'), (1, 'set', '{\"jobs\": 8}')");
  EXPECT_EQ(db.value("SELECT tunables = '{\"jobs\": 8, \"target_ms\": 500}' FROM pawl.run"), "t");
  test::open_connection c(db.on(), db.url());
  const auto found = db.on().await(find(c.get(), "job", test::far())).value().value();
  EXPECT_EQ(found.tuned.jobs, 8);
  EXPECT_EQ(found.tuned.target, std::chrono::milliseconds{500});
  EXPECT_EQ(found.tuned.batch_rows, std::nullopt);
}

TEST_P(Control, WhatIsNoObjectOrNoRequestIsRefused) {
  const ledger_database db(version());
  test::session s(db.url());
  const std::string insert = "INSERT INTO pawl.control (run, request, argument) VALUES ";
  for (const char* argument : {"5", "[1]", "null", "\"x\""}) {
    EXPECT_EQ(s.sqlstate_of(insert + "(1, 'set', '" + argument + "')"), "23514") << argument;
  }
  EXPECT_EQ(s.sqlstate_of(insert + "(1, 'stop', '{}')"), "23514");
  EXPECT_EQ(s.sqlstate_of(insert + "(9, 'pause', '{}')"), "23503");
  EXPECT_EQ(db.value("SELECT tunables = '{\"jobs\": 2}' FROM pawl.run"), "t");
}

TEST_P(Control, ADoneRunIsOverAndAnEndedOneCannotBePaused) {
  const ledger_database db(version());
  test::session s(db.url());
  db.sql("UPDATE pawl.run SET state = 'done'");
  for (const char* what : {"pause", "resume", "cancel"}) {
    EXPECT_EQ(s.sqlstate_of("INSERT INTO pawl.control (run, request) VALUES (1, '" +
                            std::string{what} + "')"),
              "PW004")
        << what;
  }
  db.sql("UPDATE pawl.run SET state = 'cancelled'");
  EXPECT_EQ(s.sqlstate_of("INSERT INTO pawl.control (run, request) VALUES (1, 'pause')"), "PW004");
  request(db, "resume");
  EXPECT_EQ(state(db), "run running");
}

TEST_P(Control, EveryRequestIsKeptAsAnEventWithItsAuthorAndReason) {
  const ledger_database db(version());
  db.sql(
      "INSERT INTO pawl.control (run, request, reason, host)"
      " VALUES (1, 'pause', 'Black Friday', 'desk')");
  EXPECT_EQ(db.value("SELECT reason FROM pawl.run"), "Black Friday");
  EXPECT_EQ(db.value("SELECT concat_ws(' ', kind, detail ->> 'reason', detail ->> 'host',"
                     " by = session_user) FROM pawl.event"),
            "requested_pause Black Friday desk t");
}

TEST_P(Control, ThePulseShowsWhatWasAskedFor) {
  ledger_database db(version());
  db.add_runner(me);
  db.add_ready(1);
  request(db, "pause");
  test::open_connection c(db.on(), db.url());
  const auto seen =
      db.on().await(beat(c.get(), 1, me, std::chrono::seconds{15}, test::far())).value();
  EXPECT_EQ(seen.desired, "pause");
  EXPECT_EQ(seen.state, "running");
  EXPECT_TRUE(seen.registered);
  EXPECT_EQ(seen.runners, 1);
  EXPECT_EQ(seen.ranges_open, 1);
  EXPECT_FALSE(seen.exhausted);
  const auto removed =
      db.on().await(beat(c.get(), 1, test::other, std::chrono::seconds{15}, test::far())).value();
  EXPECT_FALSE(removed.registered);
}

TEST_P(Control, TheCommandLinesRequestSaysWhyItIsRefused) {
  ledger_database db(version());
  db.sql("UPDATE pawl.run SET state = 'done'");
  test::open_connection c(db.on(), db.url());
  const auto asked =
      db.on().await(ledger::request(c.get(), 1, "pause", "{}", "", "desk", test::far()));
  ASSERT_TRUE(asked.has_error());
  EXPECT_EQ(asked.error().code, errc::wrong_state);
  EXPECT_EQ(asked.error().message, "run 1 is done");
}

}  // namespace
}  // namespace pawl::ledger
