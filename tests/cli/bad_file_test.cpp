// What is given as FILE and is no file to read: refused with exit code 2, and nothing is connected.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/job_files.hpp"
#include "cli/json_lines.hpp"
#include "support/pawl_process.hpp"

namespace pawl::test {
namespace {

using testing::HasSubstr;

// Nobody listens there: a call that tried to connect would end with 4.
constexpr const char* nowhere = "postgresql://x@127.0.0.1:1/x";

void expect_refused(const std::string& file, const std::vector<std::string>& says) {
  SCOPED_TRACE(file);
  const auto end = run_pawl({"run", file, "--db", nowhere, "--json"});
  EXPECT_EQ(end.exit_code, 2) << end.err;
  EXPECT_EQ(end.signal, 0);
  for (const auto& text : says) EXPECT_THAT(end.err, HasSubstr(text));
  EXPECT_EQ(last_json(end.out).at("type"), "error");
}

TEST(BadFile, OfAGigabyteIsRefusedByItsSize) {
  const job_folder folder;
  const auto file = folder.write("dump.sql", add_one);
  ASSERT_EQ(truncate(file.c_str(), off_t{1} << 30U), 0);

  expect_refused(file, {"PAWL-201", "1073741824 bytes", "psql's \\copy"});
}

TEST(BadFile, ThatIsNoRegularFileIsRefusedAndNotWaitedFor) {
  const job_folder folder;
  const auto pipe = (folder.path() / "pipe.sql").string();
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  const auto loop = (folder.path() / "loop.sql").string();
  ASSERT_EQ(symlink(loop.c_str(), loop.c_str()), 0);
  const auto file = folder.write("job.sql", add_one);

  expect_refused(folder.path().string(), {"PAWL-201", "it is a folder"});
  expect_refused(pipe, {"PAWL-201", "it is no regular file"});
  expect_refused("/dev/zero", {"PAWL-201", "it is no regular file"});
  expect_refused(loop, {"PAWL-201", "symbolic links"});
  expect_refused(file + "/x", {"PAWL-201", "Not a directory"});
  expect_refused("", {"PAWL-201"});
  if (geteuid() != 0) {
    ASSERT_EQ(chmod(file.c_str(), 0), 0);
    expect_refused(file, {"PAWL-201", "Permission denied"});
  }
}

TEST(BadFile, WithTextThatIsNoJobIsRefusedWithItsPlace) {
  const job_folder folder;
  std::string terms;
  for (int i = 0; i < 100'000; ++i) terms += "1+";

  expect_refused(folder.write("empty.sql", ""), {"empty.sql:1:1: PAWL-208"});
  expect_refused(folder.write("words.sql", "-- no\n"), {"words.sql:1:1: PAWL-208"});
  expect_refused(folder.write("terms.sql", "\n UPDATE t SET a = " + terms + "1"),
                 {"terms.sql:2:2: PAWL-202", "nested too deeply"});
  expect_refused(folder.write("psql.sql", "\\i other.sql\n"), {"psql.sql:1:1: PAWL-202"});
  expect_refused(folder.write("latin.sql", "UPDATE t SET a = '\xE9'"),
                 {"latin.sql:1:19: PAWL-202", "0xe9"});
  expect_refused(folder.write("nul.sql", std::string("DELETE FROM\0t", 13)),
                 {"nul.sql:1:12: PAWL-202", "NUL"});
}

}  // namespace
}  // namespace pawl::test
