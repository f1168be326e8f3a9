#include "plan/outlook.hpp"

#include <gtest/gtest.h>

namespace pawl::plan {
namespace {

table_outlook table_with(int indexes) {
  table_outlook t;
  t.indexes = indexes;
  t.rows = 1000;
  t.row_bytes = 100;
  t.table_bytes = 100'000;
  t.index_bytes = 30'000 * indexes;
  return t;
}

// docs/planner.md, "What a plan predicts".
TEST(Predict, CountsIndexesForRowsThatGetNewEntries) {
  using sql::change_kind;
  const auto one = predict(table_with(1), 1000, change_kind::update);
  const auto six = predict(table_with(6), 1000, change_kind::update);

  EXPECT_DOUBLE_EQ(one.seconds.low, 0.002);
  EXPECT_DOUBLE_EQ(one.seconds.high, 0.008);
  EXPECT_DOUBLE_EQ(one.wal_bytes.low, 180'000);
  EXPECT_DOUBLE_EQ(one.wal_bytes.high, 290'000 + 130'000) << "each page once as a whole";
  EXPECT_DOUBLE_EQ(six.seconds.high, 0.028);
  EXPECT_EQ(predict(table_with(6), 1000, change_kind::remove).seconds,
            predict(table_with(1), 1000, change_kind::remove).seconds);
  EXPECT_DOUBLE_EQ(predict(table_with(6), 1000, change_kind::remove).wal_bytes.high,
                   60'000 + 100'000);
  EXPECT_DOUBLE_EQ(predict(table_with(1), 1000, change_kind::insert).wal_bytes.high,
                   290'000 + 30'000)
      << "added rows go to new pages of the table";
}

TEST(Predict, CountsIndexesOnlyForRowsThatFindNoRoomBehindTheFirstPass) {
  using sql::change_kind;
  const auto one = predict(table_with(6), 1000, change_kind::update);
  const auto passes = predict(table_with(6), 1000, change_kind::update, 16);

  EXPECT_LT(passes.seconds.high, one.seconds.high / 2);
  EXPECT_LT(passes.wal_bytes.low, one.wal_bytes.low / 2);
  EXPECT_GT(passes.seconds.low, predict(table_with(0), 1000, change_kind::update).seconds.low);
}

TEST(Predict, CountsNoMorePagesThanRowsCanTouch) {
  const auto few = predict(table_with(1), 2, sql::change_kind::remove);
  EXPECT_DOUBLE_EQ(few.wal_bytes.high, 2 * (60 + 8192));
}

}  // namespace
}  // namespace pawl::plan
