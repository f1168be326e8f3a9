#include "plan/strategy.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pawl::plan {
namespace {

using testing::HasSubstr;

index_facts unique_on(std::vector<std::string> columns) {
  index_facts index;
  index.name = "k";
  index.is_valid = true;
  index.is_immediate = true;
  index.names = std::move(columns);
  return index;
}

sql::change by(sql::division division) {
  sql::change what;
  what.by = division;
  what.reason = "as its text says";
  what.pieces = sql::snapshot_pieces{};
  return what;
}

statement_facts large_table() {
  statement_facts facts;
  facts.whole_bytes = one_statement_bytes_max + 1;
  facts.target_indexes.push_back(unique_on({"id"}));
  facts.walked_indexes = facts.target_indexes;
  return facts;
}

TEST(Strategy, FollowsTheTextWhereTheCatalogKnowsNothingAgainstIt) {
  const auto facts = large_table();

  EXPECT_EQ(judge(by(sql::division::target), facts).by, strategy::target_key);
  EXPECT_EQ(judge(by(sql::division::source), facts).by, strategy::source_key);
  EXPECT_EQ(judge(by(sql::division::snapshot), facts).by, strategy::snapshot);
  EXPECT_EQ(judge(by(sql::division::marked), facts).by, strategy::marked);
  EXPECT_EQ(judge(by(sql::division::target), facts).reason, "as its text says");
}

TEST(Strategy, TakesASnapshotWhereASourceShowsTheTarget) {
  auto facts = large_table();
  facts.sources.push_back({"a_view", true, false});

  const auto v = judge(by(sql::division::target), facts);

  EXPECT_EQ(v.by, strategy::snapshot);
  EXPECT_THAT(v.reason, HasSubstr("a_view shows rows of the table"));
}

TEST(Strategy, TakesASnapshotOfAViewThatCombines) {
  auto facts = large_table();
  facts.sources.push_back({"a_view", false, true});

  EXPECT_EQ(judge(by(sql::division::target), facts).by, strategy::snapshot);
}

TEST(Strategy, TakesASnapshotOfAViewThatGroupsAndOfAForeignTable) {
  for (const auto& source : {source_facts{.name = "a_view", .groups = true},
                             source_facts{.name = "far_away", .is_foreign = true}}) {
    auto facts = large_table();
    facts.sources.push_back(source);

    EXPECT_EQ(judge(by(sql::division::target), facts).by, strategy::snapshot) << source.name;
  }
}

TEST(Strategy, TakesFunctionsOfAViewForThoseOfASubquery) {
  auto facts = large_table();
  facts.functions.push_back({.name = "f of view v", .aggregates = true, .when = runs::in_view});
  const auto what = by(sql::division::source);
  EXPECT_EQ(judge(what, facts).by, strategy::source_key);

  facts.functions.front().is_volatile = true;
  EXPECT_THAT(judge(what, facts).reason, HasSubstr("f of view v would give another value"));
  facts.functions.front().names_target = true;
  EXPECT_THAT(judge(what, facts).reason, HasSubstr("function f of view v may read the table"));
}

TEST(Strategy, SaysThatItCannotSeeWhatAFunctionReads) {
  auto facts = large_table();
  facts.functions.push_back({.name = "f", .names_target = true, .when = runs::by_trigger});
  const auto told = [&] { return judge(by(sql::division::target), facts).refusal->message; };
  EXPECT_THAT(told(), HasSubstr("trigger function f may read the table that it changes"));

  facts.functions.front().foreigner = "g";
  EXPECT_THAT(told(), HasSubstr("f leads to g, which is in a language that pawl does not read"));
  facts.functions.front().foreigner = "";
  EXPECT_THAT(told(), HasSubstr("function f is in a language that pawl does not read"));
  facts.functions.front().builder = "";
  EXPECT_THAT(told(), HasSubstr("function f runs SQL that it puts together"));
}

TEST(Strategy, AsksWhatFunctionsDo) {
  auto facts = large_table();
  facts.functions.push_back({"f", true, true, false});
  auto what = by(sql::division::source);
  EXPECT_EQ(judge(what, facts).by, strategy::source_key) << "only called in a subquery";

  what.own_calls = {"f"};
  EXPECT_EQ(judge(what, facts).by, strategy::snapshot) << "it aggregates";
  what.own_calls.clear();
  what.derived_calls = {"f"};
  EXPECT_EQ(judge(what, facts).by, strategy::snapshot) << "another value in each batch";
  what.derived_calls.clear();
  facts.functions.front().names_target = true;
  ASSERT_TRUE(judge(what, facts).refusal) << "it sees what has been changed so far";
  EXPECT_THAT(judge(what, facts).refusal->message, HasSubstr("declare it STABLE"));
  facts.functions.front().is_volatile = false;
  EXPECT_EQ(judge(what, facts).by, strategy::snapshot) << "it may read the target";
}

TEST(Strategy, DividesNothingWhoseRowsDependOnOneAnother) {
  const auto with = [](auto set) {
    auto facts = large_table();
    set(facts);
    return facts;
  };
  const std::vector<statement_facts> obstacles = {
      with([](auto& f) { f.self_reference = "t_parent_fkey"; }),
      with([](auto& f) {
        f.functions.push_back({"fired", false, true, true, false, runs::by_trigger});
      }),
      with([](auto& f) {
        f.functions.push_back({"checks", false, false, true, false, runs::at_write});
      }),
      with([](auto& f) {
        f.functions.push_back({"in_conflict", false, true, true});
      }),
  };
  for (auto facts : obstacles) {
    for (const auto division : {sql::division::target, sql::division::snapshot}) {
      auto what = by(division);
      what.late_calls = {"in_conflict"};
      ASSERT_TRUE(judge(what, facts).refusal) << judge(what, facts).reason;

      facts.whole_bytes = one_statement_bytes_max;
      EXPECT_EQ(judge(what, facts).by, strategy::one_statement);
      facts.whole_bytes += 1;

      what.markers.push_back({});
      EXPECT_FALSE(judge(what, facts).refusal) << "the author's word";
    }
  }
}

TEST(Strategy, TakesASnapshotWhereATriggerMayWriteWhatIsRead) {
  auto facts = large_table();
  facts.functions.push_back({"fired", false, true, false, true, runs::by_trigger});

  EXPECT_EQ(judge(by(sql::division::target), facts).by, strategy::snapshot);
}

TEST(Strategy, AsksForAMarkerWhereATriggerMayMoveWhatAMergeInserts) {
  auto facts = large_table();
  facts.insert_trigger = "moves";
  auto what = by(sql::division::source);
  EXPECT_EQ(judge(what, facts).by, strategy::source_key);

  what.kind = sql::change_kind::merge;
  EXPECT_TRUE(judge(what, facts).refusal);
  what.by = sql::division::snapshot;
  EXPECT_TRUE(judge(what, facts).refusal);
}

TEST(Strategy, ComputesTheSourceOfAMergeOnceWhereItsKeyIsNotKnown) {
  auto facts = large_table();
  auto what = by(sql::division::source);
  what.kind = sql::change_kind::merge;
  what.unique_by = {"other"};
  EXPECT_EQ(judge(what, facts).by, strategy::snapshot);

  facts.rows_meet = "their types differ";
  ASSERT_TRUE(judge(what, facts).refusal);
  EXPECT_THAT(judge(what, facts).refusal->message, HasSubstr("their types differ"));
}

TEST(Strategy, RefusesWhatCannotBeDividedUnlessTheTableIsSmall) {
  auto facts = large_table();
  auto what = by(sql::division::none);
  what.undivided = error{.code = errc::marker_needed, .message = "a MERGE needs a marker"};

  ASSERT_TRUE(judge(what, facts).refusal);
  EXPECT_EQ(judge(what, facts).refusal->code, errc::marker_needed);
  facts.whole_bytes = one_statement_bytes_max;
  const auto v = judge(what, facts);

  EXPECT_FALSE(v.refusal);
  EXPECT_EQ(v.by, strategy::one_statement);
  EXPECT_THAT(v.reason, HasSubstr("small enough"));
}

TEST(Strategy, RefusesWhatThePiecesAreMissingFor) {
  auto facts = large_table();
  facts.sources.push_back({"a_view", true, false});
  auto what = by(sql::division::target);
  what.pieces.reset();

  const auto v = judge(what, facts);

  ASSERT_TRUE(v.refusal);
  EXPECT_THAT(v.refusal->message, HasSubstr("a_view shows rows"));
  EXPECT_THAT(v.refusal->hint, HasSubstr("/* pawl:range */ true"));
}

TEST(Strategy, RunsAChangeOfOneRowAsOneStatement) {
  auto what = by(sql::division::target);
  what.constants = {"id", "other"};
  EXPECT_EQ(judge(what, large_table()).by, strategy::one_statement);

  what.constants = {"other"};
  EXPECT_EQ(judge(what, large_table()).by, strategy::target_key);
  auto facts = large_table();
  facts.target_indexes.front().is_partial = true;
  what.constants = {"id"};
  EXPECT_EQ(judge(what, facts).by, strategy::target_key);
}

TEST(Strategy, WantsAUniqueKeyWhereRowsAreJoinedToTheirOwn) {
  auto what = by(sql::division::source);
  what.pieces.reset();
  what.target.table = "s";
  what.unique_by = {"k"};

  const auto refused = judge(what, large_table());
  ASSERT_TRUE(refused.refusal);
  EXPECT_THAT(refused.refusal->message, HasSubstr("\"k\" of s is not known to be unique"));

  auto facts = large_table();
  facts.walked_indexes = {unique_on({"k"})};
  EXPECT_EQ(judge(what, facts).by, strategy::source_key);
}

TEST(Strategy, NumbersTheRowsOfASourceWithoutAKey) {
  const error no_key{.code = errc::no_key, .message = "s has no key"};

  const auto large = large_table();

  EXPECT_EQ(judge_without_key(by(sql::division::source), large, no_key).by, strategy::snapshot);
  EXPECT_TRUE(judge_without_key(by(sql::division::target), large, no_key).refusal);
  EXPECT_TRUE(judge_without_key(by(sql::division::source), large, error{.code = errc::row_security})
                  .refusal);
}

TEST(Strategy, RunsOneStatementOnASmallTableWithoutAKey) {
  const error no_key{.code = errc::no_key, .message = "s has no key"};
  statement_facts small;
  small.whole_bytes = one_statement_bytes_max;

  EXPECT_EQ(judge_without_key(by(sql::division::target), small, no_key).by,
            strategy::one_statement);
  EXPECT_TRUE(judge_without_key(by(sql::division::marked), small, no_key).refusal);
  EXPECT_TRUE(
      judge_without_key(by(sql::division::target), small, error{.code = errc::target_unusable})
          .refusal);
}

}  // namespace
}  // namespace pawl::plan
