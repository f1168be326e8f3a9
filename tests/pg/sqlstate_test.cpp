#include "pg/sqlstate.hpp"

#include <gtest/gtest.h>

#include <initializer_list>

namespace pawl::pg {
namespace {

void expect_all(action expected, std::initializer_list<std::string_view> codes) {
  for (const std::string_view code : codes) EXPECT_EQ(action_of(code), expected) << code;
}

TEST(Sqlstate, OfATransientAbortIsTriedAgain) {
  expect_all(action::retry, {"40001", "40P01", "55P03"});
}

TEST(Sqlstate, OfALostOrEndingSessionAsksForAnotherConnection) {
  expect_all(action::reconnect,
             {"08000", "08001", "08003", "08004", "08006", "08007", "08P01", "40003", "53300",
              "25P03", "25P04", "57P01", "57P02", "57P03", "57P05"});
}

TEST(Sqlstate, OfABatchThatIsTooBigAsksForASmallerOne) {
  expect_all(action::smaller, {"53200", "54000", "54001"});
}

TEST(Sqlstate, OfACancelledStatementLeavesTheCauseToTheCaller) {
  expect_all(action::interrupted, {"57014"});
}

TEST(Sqlstate, OfTheEnvironmentHoldsTheRun) {
  expect_all(action::hold, {"53000", "53100", "53400", "58000", "58030", "58P01", "25006", "28000",
                            "28P01", "42501", "42P01", "42703", "XX001", "XX002"});
}

TEST(Sqlstate, OfARowsOwnDataPointsAtTheRow) {
  expect_all(action::bad_row,
             {"22000", "22001", "22003", "22007", "22012", "22021", "22023", "22P02",
              "22P05", "2203G", "23000", "23001", "23502", "23503", "23505", "23514",
              "23P01", "P0001", "P0002", "P0003", "P0004", "38000", "39000", "39P01"});
}

TEST(Sqlstate, OfTheFenceIsTheFencesAlone) {
  expect_all(action::fenced, {"PW001"});
  expect_all(action::fail, {"PW000", "PW002"});
}

TEST(Sqlstate, OfABugOfPawlOrOfTheJobStops) {
  expect_all(action::fail, {"0A000", "21000", "25001", "25P01", "25P02", "26000", "2D000", "3D000",
                            "40000", "40002", "42601", "42804", "42883", "44000", "54011", "54023",
                            "55000", "55006", "57000", "57P04", "P0000", "XX000", "UE001"});
}

TEST(Sqlstate, OfTheStatementsTextInADataClassIsNoRowsFault) {
  expect_all(action::fail, {"22P04", "22P06"});
}

TEST(Sqlstate, ThatIsNoneIsAFailure) {
  expect_all(action::fail, {"", "2", "22", "220", "220120", "connection"});
}

}  // namespace
}  // namespace pawl::pg
