// Style is a test: every rule of tests/tidy over every file of this repository.
#include <gtest/gtest.h>

#include <functional>

#include "tidy/rules.hpp"
#include "tidy/source.hpp"

namespace pawl::tidy {
namespace {

const std::vector<source>& repository() {
  static const std::vector<source> all = sources_below(PAWL_SOURCE_DIR);
  return all;
}

void expect_clean(const std::function<findings(const source&)>& rule) {
  findings found;
  for (const source& s : repository()) {
    const findings here = rule(s);
    found.insert(found.end(), here.begin(), here.end());
  }
  EXPECT_TRUE(found.empty()) << to_string(found);
}

TEST(Tidy, TheRepositoryIsRead) {
  std::size_t cpp = 0;
  for (const source& s : repository()) cpp += s.is_cpp() ? 1U : 0U;
  EXPECT_GT(cpp, 50U);
}

TEST(Tidy, LinesEndBeforeColumn101) {
  expect_clean(long_lines);
}
TEST(Tidy, FilesEndBeforeLine501) {
  expect_clean(long_file);
}
TEST(Tidy, FunctionsEndBeforeLine71) {
  expect_clean(long_functions);
}
TEST(Tidy, NoBannedCode) {
  expect_clean(banned_code);
}
TEST(Tidy, FileNamesSaySomething) {
  expect_clean(vague_names);
}
TEST(Tidy, NotesNameTheirKind) {
  expect_clean(todo_without_kind);
}
TEST(Tidy, HeadersHaveTheirForm) {
  expect_clean(header_form);
}
TEST(Tidy, IncludesFollowTheDataFlow) {
  expect_clean(include_direction);
}
TEST(Tidy, CoAwaitStandsWhereTheCompilerGetsItRight) {
  expect_clean(co_await_form);
}
TEST(Tidy, NoPathsOfAMachine) {
  expect_clean(machine_paths);
}

TEST(Tidy, EverySourceIsBuilt) {
  const findings found = unbuilt(repository());
  EXPECT_TRUE(found.empty()) << to_string(found);
}

}  // namespace
}  // namespace pawl::tidy
