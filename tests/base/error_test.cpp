#include <gtest/gtest.h>

#include <pawl/error.hpp>
#include <stdexcept>

namespace pawl {
namespace {

error division_by_zero() {
  error e;
  e.code = errc::bad_row;
  e.message = "division by zero";
  e.hint = "Look at the row with `pawl status`.";
  e.sqlstate = "22012";
  e.where = {"backfill.sql", 3, 5};
  return e;
}

TEST(ExitCode, IsTheHundredOfTheErrorNumber) {
  EXPECT_EQ(exit_code_of(errc::statement_failed), 1);
  EXPECT_EQ(exit_code_of(errc::ledger_damaged), 1);
  EXPECT_EQ(exit_code_of(errc::usage), 2);
  EXPECT_EQ(exit_code_of(errc::no_connection), 2);
  EXPECT_EQ(exit_code_of(errc::unreachable), 4);
  EXPECT_EQ(exit_code_of(errc::timed_out), 4);
  EXPECT_EQ(exit_code_of(errc::no_key), 6);
  EXPECT_EQ(exit_code_of(errc::wrong_state), 6);
  EXPECT_EQ(exit_code_of(errc::verification_failed), 7);
  EXPECT_EQ(exit_code_of(errc::cancelled), 8);
}

TEST(ExitCode, AsksForAnotherTryWhenWorkIsLeft) {
  EXPECT_EQ(exit_code_of(errc::held), 75);
  EXPECT_EQ(exit_code_of(errc::out_of_time), 75);
}

TEST(ErrorText, NamesPlaceNumberMessageAndSqlstateAndHintOnItsOwnLine) {
  EXPECT_EQ(to_string(division_by_zero()),
            "backfill.sql:3:5: PAWL-101: division by zero [22012]\n"
            "hint: Look at the row with `pawl status`.");
}

TEST(ErrorText, LeavesOutWhatIsNotKnown) {
  error e;
  e.code = errc::usage;
  e.message = "unknown command";

  EXPECT_EQ(to_string(e), "PAWL-200: unknown command");
}

TEST(ErrorText, NamesTheFileAloneWhenTheLineIsNotKnown) {
  error e;
  e.code = errc::file_unreadable;
  e.message = "no such file";
  e.where.file = "job.sql";

  EXPECT_EQ(to_string(e), "job.sql: PAWL-201: no such file");
}

TEST(ErrorText, NeverShowsTheServersDetail) {
  error e = division_by_zero();
  e.detail = "Key (email)=(someone@example.com) already exists.";

  EXPECT_EQ(to_string(e).find("example.com"), std::string::npos);
}

TEST(Result, OfAnErrorThrowsWhenItsValueIsTaken) {
  const result<int> failed = division_by_zero();

  EXPECT_FALSE(failed.has_value());
  EXPECT_THROW((void)failed.value(), std::logic_error);
}

}  // namespace
}  // namespace pawl
