#include "spelling.hpp"

#include <gtest/gtest.h>

#include <array>

namespace pawl {
namespace {

TEST(Spelling, DistanceCountsAnExchangeOfNeighboursAsOneSlip) {
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
  EXPECT_EQ(edit_distance("range", "rnage"), 1U);
  EXPECT_EQ(edit_distance("rnu", "run"), 1U);
  EXPECT_EQ(edit_distance("bd", "db"), 1U);
  EXPECT_EQ(edit_distance("sattsu", "status"), 2U);
  EXPECT_EQ(edit_distance("same", "same"), 0U);
}

TEST(Spelling, ShortWordsAreNotNearToEverything) {
  constexpr std::array<std::string_view, 2> known = {"set", "batch"};

  EXPECT_EQ(nearest("sett", known), "set");
  EXPECT_EQ(nearest("tx", known), "");
  EXPECT_EQ(nearest("ste", known), "set");
  EXPECT_EQ(suggestion("quux", known), "Known are `set` and `batch`.");
}

}  // namespace
}  // namespace pawl
