#include <gtest/gtest.h>

#include "ledger/ledger_database.hpp"

namespace pawl::ledger {
namespace {

using test::ledger_database;
using test::me;
using test::other;

class Guard : public test::on_each_version {};
PAWL_ON_EACH_VERSION(Guard);

constexpr auto everything = "SELECT string_agg(r::text, ';' ORDER BY number) FROM pawl.range r";

// Range 1 is claimed, 2 is ready, 3 is done, 4 is claimed and has begun its second of four stripes.
void fill(const ledger_database& db) {
  db.add_claimed(1);
  db.add_ready(2);
  db.add_claimed(3);
  db.sql("UPDATE pawl.range SET state = 'done', runner = NULL, pos = '{30}' WHERE number = 3");
  db.sql(
      "INSERT INTO pawl.range (run, number, leaf, lo, hi, state, token, runner, stripes,"
      " next_stripe, pos) VALUES (1, 4, 1, '{30}', '{40}', 'claimed', 5, '" +
      me + "', 4, 1, '{35}')");
}

TEST_P(Guard, RefusesWhatWouldLoseOrRepeatRows) {
  const ledger_database db(version());
  fill(db);
  const auto before = db.value(everything);
  test::session s(db.url());
  for (const std::string& statement : std::vector<std::string>{
           "UPDATE pawl.range SET lo = '{1}' WHERE number = 1",
           "UPDATE pawl.range SET lo = NULL WHERE number = 2",
           "UPDATE pawl.range SET hi = '{9}' WHERE number = 1",
           "UPDATE pawl.range SET stripes = 2 WHERE number = 1",
           "UPDATE pawl.range SET number = 99 WHERE number = 1",
           "UPDATE pawl.range SET round = 1 WHERE number = 1",
           "UPDATE pawl.range SET state = 'ready' WHERE number = 3",
           "UPDATE pawl.range SET pos = NULL WHERE number = 3",
           "UPDATE pawl.range SET state = 'claimed', token = 6, runner = '" + other +
               "' WHERE number = 3",
           "UPDATE pawl.range SET rows_changed = 9 WHERE number = 3",
           "UPDATE pawl.range SET token = 4 WHERE number = 1",
           "UPDATE pawl.range SET state = 'claimed', runner = '" + me + "' WHERE number = 2",
           "UPDATE pawl.range SET runner = '" + other + "' WHERE number = 1",
           "UPDATE pawl.range SET pos = '{5}', token = 6 WHERE number = 1",
           "UPDATE pawl.range SET pos = '{15}' WHERE number = 2",
           "UPDATE pawl.range SET next_stripe = 1 WHERE number = 2",
           "UPDATE pawl.range SET state = 'done' WHERE number = 2",
           "UPDATE pawl.range SET state = 'done', runner = NULL, token = 6 WHERE number = 1",
           "UPDATE pawl.range SET pos = NULL WHERE number = 4",
           "UPDATE pawl.range SET next_stripe = 0 WHERE number = 4",
           "DELETE FROM pawl.range WHERE number = 1",
           "DELETE FROM pawl.range WHERE number = 3",
           "DELETE FROM pawl.run",
           "DELETE FROM pawl.leaf"}) {
    EXPECT_EQ(s.sqlstate_of(statement), "PW003") << statement;
  }
  EXPECT_EQ(db.value(everything), before);
}

TEST_P(Guard, AllowsWhatTheProtocolDoes) {
  const ledger_database db(version());
  fill(db);
  test::session s(db.url());
  for (const std::string& statement : std::vector<std::string>{
           "UPDATE pawl.range SET pos = '{5}' WHERE number = 1",
           "UPDATE pawl.range SET attempts = 2, last_sqlstate = '40001' WHERE number = 1",
           "UPDATE pawl.range SET runner = '" + other + "', token = 6 WHERE number = 1",
           "UPDATE pawl.range SET state = 'ready', runner = NULL WHERE number = 1",
           "UPDATE pawl.range SET state = 'claimed', token = 7, runner = '" + me +
               "' WHERE number = 1",
           "UPDATE pawl.range SET next_stripe = 2, pos = NULL WHERE number = 4",
           "UPDATE pawl.range SET state = 'done', runner = NULL WHERE number = 4"}) {
    EXPECT_EQ(s.sqlstate_of(statement), "") << statement;
  }
  EXPECT_EQ(db.range("state, token, pos", 1), "claimed 7 {5}");
}

TEST_P(Guard, ForgettingTakesTheRunThatWasNamedOnly) {
  const ledger_database db(version());
  fill(db);
  test::session s(db.url());
  EXPECT_EQ(s.sqlstate_of("SET pawl.forget = '2'; DELETE FROM pawl.run WHERE id = 1"), "PW003");
  EXPECT_EQ(s.sqlstate_of("SET pawl.forget = '1'; DELETE FROM pawl.run WHERE id = 1"), "");
  EXPECT_EQ(db.value("SELECT count(*) FROM pawl.range"), "0");
}

TEST_P(Guard, NoTwoRangesOfARoundBeginAtOneKey) {
  const ledger_database db(version());
  test::session s(db.url());
  const std::string insert = "INSERT INTO pawl.range (run, number, round, leaf, lo, hi) VALUES ";
  EXPECT_EQ(s.sqlstate_of(insert + "(1, 1, 0, 1, NULL, '{9}')"), "");
  EXPECT_EQ(s.sqlstate_of(insert + "(1, 2, 0, 1, NULL, '{8}')"), "23505");
  EXPECT_EQ(s.sqlstate_of(insert + "(1, 2, 1, 1, NULL, '{8}')"), "");
}

}  // namespace
}  // namespace pawl::ledger
