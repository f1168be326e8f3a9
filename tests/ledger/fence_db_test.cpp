#include <gtest/gtest.h>

#include "ledger/ledger_database.hpp"
#include "ledger/range.hpp"

namespace pawl::ledger {
namespace {

using test::ledger_database;
using test::me;
using test::other;

class Fence : public test::on_each_version {};
PAWL_ON_EACH_VERSION(Fence);

std::string fence_text(const std::string& arguments) {
  return "SELECT pawl.fence(" + arguments + ")";
}

const std::string valid = "1, 1, 5, '" + me + "', 0, NULL";

// With the cursor at its lower end, to `to`.
std::string checkpoint_text(const std::string& to, const std::string& is_done = "false") {
  return "SELECT pawl.checkpoint(1, 1, 5, '" + me + "', 0, NULL, pg_current_xact_id(), 0, " + to +
         ", " + is_done + ", 3, 4, 2)";
}

TEST_P(Fence, LetsTheHolderPassAtItsPlaceOnly) {
  const ledger_database db(version());
  db.add_claimed(1);
  db.add_ready(2);
  test::session s(db.url());
  EXPECT_EQ(s.sqlstate_of(fence_text(valid)), "");
  const std::string mine = "'" + me + "'";
  for (const std::string& wrong : std::vector<std::string>{
           "1, 1, 4, " + mine + ", 0, NULL", "1, 1, 6, " + mine + ", 0, NULL",
           "1, 1, 5, '" + other + "', 0, NULL", "1, 1, 5, NULL, 0, NULL",
           "1, 1, 5, " + mine + ", 1, NULL", "1, 1, 5, " + mine + ", 0, '{5}'",
           "1, 1, NULL, " + mine + ", 0, NULL", "2, 1, 5, " + mine + ", 0, NULL",
           "1, 9, 5, " + mine + ", 0, NULL", "1, 2, 0, " + mine + ", 0, NULL"}) {
    EXPECT_EQ(s.sqlstate_of(fence_text(wrong)), "PW001") << wrong;
  }
}

TEST_P(Fence, WaitsForAnotherBatchAndRefusesWhenItCommitted) {
  const ledger_database db(version());
  db.add_claimed(1);
  test::session first(db.url());
  test::session second(db.url());
  first.run("BEGIN");
  first.run(fence_text(valid));

  second.send(fence_text(valid));
  ASSERT_TRUE(second.becomes_blocked(db.url()));
  first.run(checkpoint_text("'{5}'"));
  first.run("COMMIT");

  try {
    second.result();
    ADD_FAILURE() << "the batch was let in twice";
  } catch (const std::exception& refused) {
    EXPECT_NE(std::string{refused.what()}.find("not at this place"), std::string::npos);
  }
  EXPECT_EQ(db.range("pos, rows_changed"), "{5} 3");
}

TEST_P(Fence, WaitsForAnotherBatchAndPassesWhenItRolledBack) {
  const ledger_database db(version());
  db.add_claimed(1);
  test::session first(db.url());
  test::session second(db.url());
  first.run("BEGIN");
  first.run(fence_text(valid));

  second.send(fence_text(valid));
  ASSERT_TRUE(second.becomes_blocked(db.url()));
  first.run("ROLLBACK");

  EXPECT_EQ(second.result().size(), 1U);
}

TEST_P(Fence, RefusesAZombieAfterATakeover) {
  const ledger_database db(version());
  db.add_claimed(1);
  db.sql("UPDATE pawl.range SET runner = '" + other + "', token = 6");
  test::session zombie(db.url());
  EXPECT_EQ(zombie.sqlstate_of(fence_text(valid)), "PW001");
}

TEST_P(Fence, TheCheckpointMovesTheCursorAndCounts) {
  const ledger_database db(version());
  db.add_claimed(1);
  db.sql("UPDATE pawl.range SET attempts = 3, last_sqlstate = '40001'");
  test::session s(db.url());
  s.run("BEGIN");
  s.run(fence_text(valid));
  const auto xid = s.value("SELECT pg_current_xact_id()");
  s.run(checkpoint_text("'{5}'"));
  s.run("COMMIT");

  EXPECT_EQ(db.range("state, pos, rows_changed, rows_scanned, rows_hot, batches, attempts, "
                     "coalesce(last_sqlstate, 'none'), xid = '" +
                     xid + "'"),
            "claimed {5} 3 4 2 1 0 none t");
}

TEST_P(Fence, TheLastCheckpointEndsTheRange) {
  const ledger_database db(version());
  db.add_claimed(1);
  test::session s(db.url());
  s.run(checkpoint_text("'{10}'", "true"));
  EXPECT_EQ(db.range("state, coalesce(runner::text, 'nobody')"), "done nobody");
  EXPECT_EQ(s.sqlstate_of(checkpoint_text("'{10}'", "true")), "PW002");
}

TEST_P(Fence, TheCheckpointRefusesAnythingButTheFencedRow) {
  const ledger_database db(version());
  db.add_claimed(1);
  test::session s(db.url());
  const std::string to = ", 0, '{5}', false, 1, 1, 1)";
  const std::string xid = ", pg_current_xact_id()";
  const std::string mine = "'" + me + "'";
  for (const std::string& wrong : std::vector<std::string>{
           "1, 1, 6, " + mine + ", 0, NULL" + xid, "1, 1, 5, '" + other + "', 0, NULL" + xid,
           "1, 1, 5, " + mine + ", 1, NULL" + xid, "1, 1, 5, " + mine + ", 0, '{4}'" + xid,
           "1, 9, 5, " + mine + ", 0, NULL" + xid, "1, 1, 5, " + mine + ", 0, NULL, '3'::xid8"}) {
    EXPECT_EQ(s.sqlstate_of("SELECT pawl.checkpoint(" + wrong + to), "PW002") << wrong;
  }
  EXPECT_EQ(db.range("coalesce(pos::text, 'none'), batches"), "none 0");
}

TEST_P(Fence, ARefusedFenceSkipsTheDataThatFollowsInThePipeline) {
  ledger_database db(version());
  db.add_claimed(1);
  db.sql("CREATE TABLE public.t (id int)");
  test::open_connection c(db.on(), db.url());
  claim wrong;
  wrong.run = 1;
  wrong.number = 1;
  wrong.token = 4;
  wrong.runner = me;

  auto got = c.run({{"BEGIN"}, fence(wrong), {"INSERT INTO public.t VALUES (1)"}, {"COMMIT"}});

  ASSERT_TRUE(got.failure);
  EXPECT_EQ(got.failure->sqlstate, "PW001");
  EXPECT_EQ(got.results.size(), 1U);
  EXPECT_EQ(db.value("SELECT count(*) FROM public.t"), "0");
}

// One batch of `c` to `p`, committed or not.
void run_batch(test::open_connection& on, const claim& c, const progress& p, bool commits) {
  auto begun = on.run({{"BEGIN"}, fence(c), {"SELECT pg_current_xact_id()"}});
  ASSERT_FALSE(begun.failure) << begun.failure->message;
  auto ended = on.run(
      {checkpoint(c, p, begun.results.back().text(0, 0)), {commits ? "COMMIT" : "ROLLBACK"}});
  ASSERT_FALSE(ended.failure) << ended.failure->message;
}

TEST_P(Fence, AnUnknownOutcomeIsToldByTheRow) {
  ledger_database db(version());
  db.add_ready(1);
  test::open_connection c(db.on(), db.url());
  auto held = db.on().await(take(c.get(), 1, me, {}, test::far())).value().value();
  const progress step{.to = {0, key_values{"a,\"b\\"}}, .rows_changed = 1};
  const auto look = [&](const progress& intended) {
    return judge(c.run({inspect(held)}).results.front(), held, intended);
  };

  run_batch(c, held, step, false);
  EXPECT_EQ(look(step), finding::not_committed);
  run_batch(c, held, step, true);
  EXPECT_EQ(look(step), finding::committed);
  EXPECT_EQ(look({.to = {0, key_values{"elsewhere"}}}), finding::lost);

  held.at = step.to;
  EXPECT_EQ(look({.to = {0, held.hi}, .done = true}), finding::not_committed);
  run_batch(c, held, {.to = {0, held.hi}, .done = true}, true);
  EXPECT_EQ(look({.to = {0, held.hi}, .done = true}), finding::committed);
}

TEST_P(Fence, ARangeThatIsAnothersIsLostWhateverHappened) {
  ledger_database db(version());
  db.add_ready(1);
  test::open_connection c(db.on(), db.url());
  const auto held = db.on().await(take(c.get(), 1, me, {}, test::far())).value().value();
  db.sql("UPDATE pawl.range SET runner = '" + other + "', token = token + 1");
  const progress step{.to = {0, key_values{"5"}}};
  EXPECT_EQ(judge(c.run({inspect(held)}).results.front(), held, step), finding::lost);
}

}  // namespace
}  // namespace pawl::ledger
