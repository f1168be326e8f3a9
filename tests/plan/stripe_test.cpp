#include "plan/stripe.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "plan/statements.hpp"

namespace pawl::plan {
namespace {

using testing::HasSubstr;

key of_type(const std::string& type) {
  return {{"id", "t.id", type}};
}

std::vector<std::string> points(std::int64_t first, std::int64_t step, int count) {
  std::vector<std::string> all;
  for (int i = 0; i < count; ++i) all.push_back(std::to_string(first + i * step));
  return all;
}

stripe_facts of_two_indexes() {
  stripe_facts f;
  f.is_update_by_key = true;
  f.indexes = 2;
  f.bytes = std::int64_t{1} << 30;
  return f;
}

TEST(Stripe, OfAnIntegerIsItsLowBits) {
  EXPECT_EQ(stripe_condition(of_type("pg_catalog.int8"), stripe{stripe_function::low_bits, 16, 3}),
            "(t.id OPERATOR(pg_catalog.&) 15) OPERATOR(pg_catalog.=) 3");
}

TEST(Stripe, OfOneStripeIsEveryRow) {
  EXPECT_EQ(stripe_condition(of_type("pg_catalog.int8"), stripe{}), "");
}

TEST(Stripe, HashesEachTypeByItsOwnFunction) {
  const auto value = [](const char* type) {
    return stripe_value(of_type(type), stripe_function::hash);
  };
  EXPECT_EQ(value("pg_catalog.int8"), "pg_catalog.hashint8extended(t.id, 0)");
  EXPECT_EQ(value("pg_catalog.int4"), "pg_catalog.hashint4extended(t.id, 0)");
  EXPECT_EQ(value("pg_catalog.int2"), "pg_catalog.hashint2extended(t.id, 0)");
  EXPECT_EQ(value("pg_catalog.uuid"), "pg_catalog.uuid_hash_extended(t.id, 0)");
  EXPECT_EQ(value("pg_catalog.date"), "pg_catalog.hash_record_extended(ROW(t.id), 0)");
}

// The version of another collation may change under the run; bytes do not.
TEST(Stripe, HashesTextByItsBytes) {
  for (const char* type : {"pg_catalog.text", "pg_catalog.varchar", "pg_catalog.bpchar",
                           "pg_catalog.name", "ext.citext"}) {
    EXPECT_EQ(stripe_value(of_type(type), stripe_function::hash),
              "pg_catalog.hashtextextended(CAST(t.id AS pg_catalog.text) COLLATE "
              "pg_catalog.\"C\", 0)");
  }
}

TEST(Stripe, OfSeveralColumnsIsOfAllOfThem) {
  const key k{{"a", "a", "pg_catalog.text"}, {"b", "b", "pg_catalog.date"}};
  EXPECT_EQ(stripe_value(k, stripe_function::hash),
            "pg_catalog.hash_record_extended(ROW(CAST(a AS pg_catalog.text) COLLATE "
            "pg_catalog.\"C\", b), 0)");
}

TEST(StripeFunction, IsReadBackByItsName) {
  for (const auto f : {stripe_function::none, stripe_function::low_bits, stripe_function::hash}) {
    EXPECT_EQ(stripe_function_of(name_of(f)), f);
  }
  EXPECT_EQ(stripe_function_of("mod"), std::nullopt);
}

TEST(ChooseFunction, TakesTheLowBitsOfASequence) {
  for (const char* type : {"pg_catalog.int8", "pg_catalog.int4", "pg_catalog.int2"}) {
    EXPECT_EQ(choose_function(of_type(type), points(1, 101, 101)), stripe_function::low_bits);
    EXPECT_EQ(choose_function(of_type(type), points(-7000, 101, 101)), stripe_function::low_bits);
  }
}

TEST(ChooseFunction, HashesKeysWithoutEvenLowBits) {
  const auto id = of_type("pg_catalog.int8");
  EXPECT_EQ(choose_function(id, points(0, 1 << 22, 101)), stripe_function::hash) << "snowflake";
  EXPECT_EQ(choose_function(id, points(0, 2, 101)), stripe_function::hash) << "all even";
  EXPECT_EQ(choose_function(id, points(1, 100, 101)), stripe_function::hash)
      << "odd, in the sample";
  EXPECT_EQ(choose_function(id, points(1, 101, 10)), stripe_function::hash) << "too few to tell";
}

TEST(ChooseFunction, HashesWhatIsNoSingleInteger) {
  EXPECT_EQ(choose_function(of_type("pg_catalog.uuid"), points(1, 101, 101)),
            stripe_function::hash);
  EXPECT_EQ(choose_function(of_type("pg_catalog.numeric"), points(1, 101, 101)),
            stripe_function::hash);
  const key two{{"a", "a", "pg_catalog.int8"}, {"b", "b", "pg_catalog.int8"}};
  EXPECT_EQ(choose_function(two, points(1, 101, 101)), stripe_function::hash);
}

TEST(ChooseStripes, TakesMorePassesForMoreIndexes) {
  auto f = of_two_indexes();
  EXPECT_EQ(choose_stripes(f).stripes, 8);
  f.indexes = 6;
  EXPECT_EQ(choose_stripes(f).stripes, 16);
  EXPECT_THAT(choose_stripes(f).reason,
              HasSubstr("one row in 16 of a page pays for all 6 indexes"));
}

TEST(ChooseStripes, TakesOnePassWherePassesWouldNotHelp) {
  const auto reason_without = [](auto change) {
    auto f = of_two_indexes();
    change(f);
    const auto chosen = choose_stripes(f);
    EXPECT_EQ(chosen.stripes, 1) << chosen.reason;
    return chosen.reason;
  };
  EXPECT_THAT(reason_without([](auto& f) { f.is_update_by_key = false; }), HasSubstr("UPDATE"));
  EXPECT_THAT(reason_without([](auto& f) { f.sets_indexed_column = true; }), HasSubstr("indexed"));
  EXPECT_THAT(reason_without([](auto& f) { f.indexing_trigger = "touch"; }),
              HasSubstr("trigger touch"));
  EXPECT_THAT(reason_without([](auto& f) { f.bytes = 1 << 20; }), HasSubstr("small"));
  EXPECT_THAT(reason_without([](auto& f) { f.fillfactor = 50; }), HasSubstr("fillfactor 50"));
}

TEST(ChooseStripes, TakesFewerPassesWherePagesHaveSomeRoom) {
  auto f = of_two_indexes();
  f.indexes = 6;
  f.fillfactor = 70;
  EXPECT_EQ(choose_stripes(f).stripes, 4);
  f.fillfactor = 90;
  EXPECT_EQ(choose_stripes(f).stripes, 16);
}

RC_GTEST_PROP(ChooseStripesProperty, AnswersWithAPowerOfTwoInBounds, ()) {
  auto f = of_two_indexes();
  f.indexes = *rc::gen::inRange(0, 200);
  f.fillfactor = *rc::gen::inRange(10, 101);
  const int stripes = choose_stripes(f).stripes;
  RC_ASSERT(stripes >= 1 && stripes <= stripes_max);
  RC_ASSERT((stripes & (stripes - 1)) == 0);
}

TEST(StripeCheck, AsksForTheValueOfThatKey) {
  job_plan p;
  p.by = {{"a", "t.a", "pg_catalog.text"}, {"b", "t.b", "pg_catalog.int8"}};

  const auto asked = stripe_check(p, {"x", "7"}, stripe_function::hash);

  EXPECT_EQ(asked.sql,
            "SELECT pg_catalog.hash_record_extended(ROW(CAST(CAST($1 AS pg_catalog.text) AS "
            "pg_catalog.text) COLLATE pg_catalog.\"C\", CAST($2 AS pg_catalog.int8)), 0)");
  EXPECT_EQ(asked.params, (std::vector<std::optional<std::string>>{"x", "7"}));
}

}  // namespace
}  // namespace pawl::plan
