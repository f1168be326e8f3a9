#include "run/batch_machine.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>

namespace pawl::run {
namespace {

error of_server(std::string sqlstate) {
  error e;
  e.code = errc::statement_failed;
  e.sqlstate = std::move(sqlstate);
  e.message = "refused";
  return e;
}

error of_network() {
  error e;
  e.code = errc::connection_lost;
  e.message = "lost";
  return e;
}

batch_machine::failure refused(std::string sqlstate) {
  return {.cause = of_server(std::move(sqlstate)), .usable = true};
}

batch_machine::failure cut_off() {
  return {.cause = of_network()};
}

TEST(BatchMachine, ABatchThatCommitsNeedsTwoAnswers) {
  batch_machine m;
  EXPECT_EQ(m.begin(), batch_action::send_work);
  EXPECT_EQ(m.work_done(false), batch_action::send_finish);
  EXPECT_EQ(m.finish_done("COMMIT"), batch_action::settle);
  EXPECT_EQ(m.verdict(), batch_verdict::committed);
  EXPECT_FALSE(m.was_ambiguous());
  EXPECT_EQ(m.cause(), error{});
}

TEST(BatchMachine, ACommitThatAnswersRollbackCommittedNothing) {
  batch_machine m;
  m.work_done(false);
  EXPECT_EQ(m.finish_done("ROLLBACK"), batch_action::settle);
  EXPECT_EQ(m.verdict(), batch_verdict::retry);
  EXPECT_NE(m.cause().message, "");
}

struct refusal {
  const char* sqlstate;
  batch_verdict verdict;
};

class Refused : public ::testing::TestWithParam<refusal> {};

TEST_P(Refused, TheWorkIsUndoneWithTheVerdictOfItsSqlstate) {
  batch_machine m;
  EXPECT_EQ(m.work_failed(refused(GetParam().sqlstate)), batch_action::roll_back);
  EXPECT_EQ(m.rolled_back(true), batch_action::settle);
  EXPECT_EQ(m.verdict(), GetParam().verdict);
  EXPECT_EQ(m.cause().sqlstate, GetParam().sqlstate);
}

TEST_P(Refused, AFinishThatTheServerRefusedIsNoGuessEither) {
  batch_machine m;
  m.work_done(false);
  EXPECT_EQ(m.finish_failed(refused(GetParam().sqlstate)), batch_action::roll_back);
  EXPECT_EQ(m.rolled_back(true), batch_action::settle);
  EXPECT_EQ(m.verdict(), GetParam().verdict);
  EXPECT_FALSE(m.was_ambiguous());
}

TEST_P(Refused, WhatWeStoppedOurselvesIsNoFault) {
  batch_machine m;
  auto f = refused(GetParam().sqlstate);
  f.stopping = true;
  EXPECT_EQ(m.work_failed(f), batch_action::roll_back);
  EXPECT_EQ(m.rolled_back(true), batch_action::settle);
  EXPECT_EQ(m.verdict(), batch_verdict::stopped);
}

INSTANTIATE_TEST_SUITE_P(Sqlstates, Refused,
                         ::testing::Values(refusal{"40001", batch_verdict::retry},
                                           refusal{"55P03", batch_verdict::retry},
                                           refusal{"57P01", batch_verdict::retry},
                                           refusal{"53200", batch_verdict::smaller},
                                           refusal{"57014", batch_verdict::interrupted},
                                           refusal{"22012", batch_verdict::bad_row},
                                           refusal{"25006", batch_verdict::hold},
                                           refusal{"42703", batch_verdict::hold},
                                           refusal{"42601", batch_verdict::failed},
                                           refusal{"PW002", batch_verdict::failed}),
                         [](const ::testing::TestParamInfo<refusal>& one) {
                           return std::string{"Of"} + one.param.sqlstate;
                         });

TEST(BatchMachine, OurOwnTimerMeansTooBig) {
  batch_machine m;
  auto f = refused("57014");
  f.own_timer = true;
  m.work_failed(f);
  EXPECT_EQ(m.verdict(), batch_verdict::smaller);
}

TEST(BatchMachine, ASuccessIsUndoneWhenWeAskedToStop) {
  batch_machine m;
  EXPECT_EQ(m.work_done(true), batch_action::roll_back);
  EXPECT_EQ(m.rolled_back(true), batch_action::settle);
  EXPECT_EQ(m.verdict(), batch_verdict::stopped);
}

TEST(BatchMachine, AConnectionLostBeforeCommitIsATransientFailure) {
  batch_machine m;
  EXPECT_EQ(m.work_failed(cut_off()), batch_action::reconnect);
  EXPECT_EQ(m.reconnected(), batch_action::settle);
  EXPECT_EQ(m.verdict(), batch_verdict::retry);
  EXPECT_FALSE(m.was_ambiguous());
}

TEST(BatchMachine, AConnectionLostWhileStoppingNeedsNoOther) {
  batch_machine m;
  auto f = cut_off();
  f.stopping = true;
  EXPECT_EQ(m.work_failed(f), batch_action::settle);
  EXPECT_EQ(m.verdict(), batch_verdict::stopped);
}

struct outcome {
  ledger::finding found;
  batch_verdict verdict;
};

constexpr std::array outcomes{outcome{ledger::finding::committed, batch_verdict::committed},
                              outcome{ledger::finding::not_committed, batch_verdict::retry},
                              outcome{ledger::finding::lost, batch_verdict::lost_claim}};

TEST(BatchMachine, ALostAnswerOfCommitIsLookedUp) {
  for (const auto& one : outcomes) {
    batch_machine m;
    m.work_done(false);
    EXPECT_EQ(m.finish_failed(cut_off()), batch_action::reconnect);
    EXPECT_EQ(m.reconnected(), batch_action::inspect);
    EXPECT_EQ(m.inspection_failed(), batch_action::reconnect);
    EXPECT_EQ(m.reconnected(), batch_action::inspect);
    EXPECT_EQ(m.inspected(one.found), batch_action::settle);
    EXPECT_EQ(m.verdict(), one.verdict);
    EXPECT_TRUE(m.was_ambiguous());
  }
}

TEST(BatchMachine, ALostAnswerOfCommitIsLookedUpEvenWhenStopping) {
  batch_machine m;
  m.work_done(false);
  auto f = cut_off();
  f.stopping = true;
  EXPECT_EQ(m.finish_failed(f), batch_action::reconnect);
  EXPECT_EQ(m.reconnected(), batch_action::inspect);
}

TEST(BatchMachine, ARefusedFenceIsLookedUpSinceTheBatchMayBeCommitted) {
  for (const auto& one : outcomes) {
    batch_machine m;
    EXPECT_EQ(m.work_failed(refused("PW001")), batch_action::roll_back);
    EXPECT_EQ(m.rolled_back(true), batch_action::inspect);
    EXPECT_EQ(m.inspected(one.found), batch_action::settle);
    EXPECT_EQ(m.verdict(), one.verdict);
  }
}

TEST(BatchMachine, ARefusedFenceWhoseRollbackBrokeReconnectsFirst) {
  batch_machine m;
  m.work_failed(refused("PW001"));
  EXPECT_EQ(m.rolled_back(false), batch_action::reconnect);
  EXPECT_EQ(m.reconnected(), batch_action::inspect);
}

// A server at random, and what it really did.
struct world {
  int broken_looks = *rc::gen::inRange(0, 3);  // inspections that fail before one answers
  bool committed = false;
  bool taken_over = false;

  ledger::finding look() const {
    if (taken_over) {
      return ledger::finding::lost;
    }
    return committed ? ledger::finding::committed : ledger::finding::not_committed;
  }
};

batch_action finish_at_random(batch_machine& m, world& w) {
  switch (*rc::gen::inRange(0, 4)) {
    case 0:
      w.committed = true;
      return m.finish_done("COMMIT");
    case 1:
      return m.finish_done("ROLLBACK");
    case 2:
      return m.finish_failed(refused(*rc::gen::elementOf(
          std::vector<std::string>{"40001", "PW002", "57014", "57P01", "22012", "53100"})));
    default:
      w.committed = *rc::gen::arbitrary<bool>();
      w.taken_over =
          *rc::gen::weightedOneOf<bool>({{4, rc::gen::just(false)}, {1, rc::gen::just(true)}});
      return m.finish_failed(cut_off());
  }
}

batch_action work_at_random(batch_machine& m, world& w) {
  switch (*rc::gen::inRange(0, 4)) {
    case 0:
      return m.work_failed(cut_off());
    case 1:
      w.taken_over = true;
      return m.work_failed(refused("PW001"));
    case 2:
      return m.work_failed(refused("55P03"));
    default:
      return m.work_done(
          *rc::gen::weightedOneOf<bool>({{4, rc::gen::just(false)}, {1, rc::gen::just(true)}}));
  }
}

batch_action perform(batch_machine& m, world& w, batch_action what) {
  switch (what) {
    case batch_action::send_work:
      return work_at_random(m, w);
    case batch_action::send_finish:
      return finish_at_random(m, w);
    case batch_action::roll_back:
      return m.rolled_back(*rc::gen::arbitrary<bool>());
    case batch_action::reconnect:
      return m.reconnected();
    case batch_action::inspect:
      return w.broken_looks-- > 0 ? m.inspection_failed() : m.inspected(w.look());
    case batch_action::settle:
      break;
  }
  return batch_action::settle;
}

RC_GTEST_PROP(BatchMachineProperty, CommittedIsSaidWhenAndOnlyWhenItIsTrue, ()) {
  batch_machine m;
  world w;
  auto next = m.begin();
  for (int step = 0; step < 20 && next != batch_action::settle; ++step) {
    next = perform(m, w, next);
  }
  RC_ASSERT(next == batch_action::settle);
  if (w.taken_over) {
    RC_ASSERT(m.verdict() == batch_verdict::lost_claim);
  } else {
    RC_ASSERT((m.verdict() == batch_verdict::committed) == w.committed);
  }
}

}  // namespace
}  // namespace pawl::run
