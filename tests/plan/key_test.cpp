#include "plan/key.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>

#include "plan/job_plan.hpp"
#include "plan/statements.hpp"
#include "plan/walk.hpp"

namespace pawl::plan {
namespace {

const key single{{"id", "id", "pg_catalog.int8"}};
const key composite{{"tenant", "t.tenant", "pg_catalog.uuid"},
                    {"Day", "t.\"Day\"", "pg_catalog.date"},
                    {"n", "t.n", "pg_catalog.int4"}};

TEST(RangeCondition, OfOneColumnIsAPairOfComparisons) {
  EXPECT_EQ(range_condition(single, true),
            "(id > $1::pg_catalog.int8 AND id <= $2::pg_catalog.int8)");
}

TEST(RangeCondition, WithoutALowerBoundNumbersTheUpperFromTheStart) {
  EXPECT_EQ(range_condition(single, false), "(id <= $1::pg_catalog.int8)");
  EXPECT_EQ(range_condition(single, false, 5), "(id <= $5::pg_catalog.int8)");
}

TEST(RangeCondition, OfSeveralColumnsBoundsTheLeadingOneBeside) {
  EXPECT_EQ(range_condition(composite, true, 3),
            "((t.tenant, t.\"Day\", t.n) > ($3::pg_catalog.uuid, $4::pg_catalog.date, "
            "$5::pg_catalog.int4) AND t.tenant >= $3::pg_catalog.uuid AND "
            "(t.tenant, t.\"Day\", t.n) <= ($6::pg_catalog.uuid, $7::pg_catalog.date, "
            "$8::pg_catalog.int4) AND t.tenant <= $6::pg_catalog.uuid)");
}

TEST(ColumnList, NamesTheColumnsInOrder) {
  EXPECT_EQ(column_list(composite), "t.tenant, t.\"Day\", t.n");
  EXPECT_EQ(column_list(composite, " DESC"), "t.tenant DESC, t.\"Day\" DESC, t.n DESC");
  EXPECT_EQ(printed_columns(single), "id::pg_catalog.text");
  EXPECT_EQ(printed_columns(composite),
            "t.tenant::pg_catalog.text, t.\"Day\"::pg_catalog.text, t.n::pg_catalog.text");
}

RC_GTEST_PROP(RangeConditionProperty, ParametersAreNumberedWithoutGaps, ()) {
  const auto columns = *rc::gen::inRange<std::size_t>(1, 9);
  const bool has_lower = *rc::gen::arbitrary<bool>();
  const int first = *rc::gen::inRange(1, 50);
  key k;
  for (std::size_t i = 0; i < columns; ++i) {
    k.push_back({"c", "c", "t"});
  }
  const std::string text = range_condition(k, has_lower, first);
  std::set<int> used;
  for (auto at = text.find('$'); at != std::string::npos; at = text.find('$', at + 1)) {
    used.insert(std::stoi(text.substr(at + 1)));
  }
  const auto sides = has_lower ? 2U : 1U;
  RC_ASSERT(used.size() == sides * columns);
  RC_ASSERT(*used.begin() == first);
  RC_ASSERT(*used.rbegin() == first + static_cast<int>(used.size()) - 1);
}

const std::vector<std::string> points{"0", "100", "200", "400"};

struct place_case {
  int bucket;
  const char* value;
  double expected;
};

TEST(PositionIn, InterpolatesNumbersWithinTheirBucket) {
  const place_case cases[] = {{0, "-5", 0.0},          {1, "0", 0.0},        {1, "50", 0.5 / 3},
                              {2, "150", 1.5 / 3},     {3, "300", 2.5 / 3},  {4, "400", 1.0},
                              {5, "900", 1.0},         {2, "9000", 2.0 / 3}, {2, "-9", 1.0 / 3},
                              {2, "1.25e2", 1.25 / 3}, {-1, "", 0.0}};
  for (const auto& one : cases) {
    EXPECT_DOUBLE_EQ(position_in(points, one.bucket, one.value), one.expected)
        << one.bucket << ' ' << one.value;
  }
}

TEST(PositionIn, OfOtherTypesIsTheBucketsBeginning) {
  const std::vector<std::string> days{"2020-01-01", "2021-01-01", "2022-01-01"};
  EXPECT_DOUBLE_EQ(position_in(days, 1, "2020-06-01"), 0.0);
  EXPECT_DOUBLE_EQ(position_in(days, 2, "2021-06-01"), 0.5);
  EXPECT_DOUBLE_EQ(position_in(days, 3, "2023-01-01"), 1.0);
}

TEST(PositionIn, WithoutAHistogramIsTheBeginning) {
  EXPECT_DOUBLE_EQ(position_in({}, 1, "5"), 0.0);
  EXPECT_DOUBLE_EQ(position_in({"7"}, 1, "7"), 0.0);
}

RC_GTEST_PROP(PositionInProperty, ItNeverGoesBackAsTheKeyGrows, ()) {
  const auto one = *rc::gen::inRange(-50, 500);
  const auto other = *rc::gen::inRange(-50, 500);
  const auto position = [](int value) {
    int bucket = 0;  // as width_bucket() counts
    for (const auto& point : points) {
      bucket += value >= std::stoi(point) ? 1 : 0;
    }
    return position_in(points, bucket, std::to_string(value));
  };
  RC_ASSERT(position(std::min(one, other)) <= position(std::max(one, other)));
  RC_ASSERT(position(one) >= 0.0);
  RC_ASSERT(position(one) <= 1.0);
}

job_plan plan_of(std::string file) {
  job_plan p;
  p.job = sql::read_jobs("job.sql", std::move(file)).value().front();
  p.target = "public.t";
  p.by = single;
  return p;
}

constexpr auto plain = "UPDATE t SET a = 1 WHERE a IS NULL;";

TEST(DefinitionSha256, IsTheUsualHashInLowerHex) {
  const auto hex = definition_sha256(plan_of(plain));
  EXPECT_EQ(hex.size(), 64U);
  EXPECT_EQ(hex.find_first_not_of("0123456789abcdef"), std::string::npos);
}

TEST(DefinitionSha256, StaysForWhatDoesNotChangeTheMeaning) {
  const auto usual = definition_sha256(plan_of(plain));
  for (const char* same : {"UPDATE t SET a = 1 WHERE a IS NULL",
                           "-- a comment\nUPDATE  t\n  SET a = 1 /* here */ WHERE a IS NULL;",
                           "-- pawl:timeout lock=1s\nUPDATE t SET a = 1 WHERE a IS NULL;"}) {
    EXPECT_EQ(definition_sha256(plan_of(same)), usual) << same;
  }
}

TEST(DefinitionSha256, ChangesWithTheStatementTheDirectivesTheTargetAndTheKey) {
  const auto usual = plan_of(plain);
  auto elsewhere = usual;
  elsewhere.target = "other.t";
  auto other_key = usual;
  other_key.by.front().name = "number";
  auto other_type = usual;
  other_type.by.front().type = "pg_catalog.int4";
  std::set<std::string> all;
  for (const auto& p :
       {usual, elsewhere, other_key, other_type, plan_of("UPDATE t SET a = 2 WHERE a IS NULL;"),
        plan_of("-- pawl:set work_mem=64MB\nUPDATE t SET a = 1 WHERE a IS NULL;"),
        plan_of("-- pawl:pending a IS NULL\nUPDATE t SET a = 1 WHERE a IS NULL;")}) {
    all.insert(definition_sha256(p));
  }
  EXPECT_EQ(all.size(), 7U);
}

TEST(ChooseKey, TakesNoIndexThatKeepsNoOrder) {
  index_facts gist;
  gist.name = "public.t_pkey";
  gist.is_primary = true;
  gist.is_valid = true;
  gist.is_immediate = true;
  gist.is_ordered = false;
  gist.names = {"id", "during"};

  const auto chosen = choose_key({gist}, {}, "public.t");

  ASSERT_FALSE(chosen);
  EXPECT_EQ(chosen.error().code, errc::key_unusable);
  EXPECT_NE(chosen.error().message.find("public.t_pkey is no B-tree"), std::string::npos);
}

TEST(BoundSettings, AreThoseOfTheRoleThatChangesTheRows) {
  job_plan p;
  p.job.settings.push_back({"role", "writer"});
  EXPECT_EQ(bound_settings(p).at("role"), "writer");
  EXPECT_EQ(bound_settings(p).at("row_security"), "off");

  p.by_what = strategy::snapshot;
  EXPECT_FALSE(bound_settings(p).contains("role")) << "a work table is pawl's own";
}

TEST(BoundSettings, KeepTheUsersPathAndFixTheFormatOfKeys) {
  auto p = plan_of(plain);
  p.session = {{"search_path", "mine, public"}, {"DateStyle", "German"}, {"lock_timeout", "5s"}};
  const auto found = bound_settings(p);
  EXPECT_EQ(found.at("search_path"), "mine, public");
  EXPECT_EQ(found.at("DateStyle"), "ISO, YMD");
  EXPECT_EQ(found.count("lock_timeout"), 0U);
}

TEST(Statements, QuoteTheKeysNamesAndKeepTheBoundsInOrder) {
  auto p = plan_of(plain);
  p.by = {{"a\"b", "x", "pg_catalog.text"}, {"c", "c", "pg_catalog.int4"}};
  leaf l;
  l.name = "public.t";
  const auto one = cut(p, l, {key_values{"1", "2"}, {"3", "4"}}, 10);
  EXPECT_NE(one.sql.find("(t.\"a\"\"b\", t.c) > ($1"), std::string::npos) << one.sql;
  EXPECT_TRUE(one.sql.ends_with("ORDER BY t.\"a\"\"b\", t.c OFFSET 9 LIMIT 1")) << one.sql;
  EXPECT_EQ(one.params, (std::vector<std::optional<std::string>>{"1", "2", "3", "4"}));
}

}  // namespace
}  // namespace pawl::plan
