#include "sandbox/process.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include "sandbox/owner.hpp"

namespace pawl::sandbox {
namespace {

outcome shell(const std::string& script, std::string input = {}) {
  program p;
  p.arguments = {"/bin/sh", "-c", script};
  p.environment = {"PATH=/usr/bin:/bin", "GREETING=hello"};
  p.input = std::move(input);
  return run(p).value();
}

TEST(SandboxProcess, KeepsBothStreamsAndTheExitCode) {
  const outcome done = shell("echo out; echo err >&2; exit 7");

  EXPECT_EQ(done.output, "out\nerr\n");
  EXPECT_EQ(done.exit_code, 7);
}

TEST(SandboxProcess, ReportsASignalAsAShellDoes) {
  EXPECT_EQ(shell("kill -9 $$").exit_code, 128 + 9);
}

TEST(SandboxProcess, AFileThatIsNotThereGives127) {
  program p;
  p.arguments = {"/nowhere/initdb"};

  EXPECT_EQ(run(p).value().exit_code, 127);
}

TEST(SandboxProcess, GivesOnlyTheEnvironmentAsked) {
  ::setenv("PGSERVICE", "production", 1);

  EXPECT_EQ(shell("echo $GREETING$PGSERVICE").output, "hello\n");
  for (const std::string& line : server_environment()) EXPECT_FALSE(line.starts_with("PG"));

  ::unsetenv("PGSERVICE");
}

TEST(SandboxProcess, SurvivesAProgramThatReadsNothingOfALargeInput) {
  EXPECT_EQ(shell("true", std::string(1 << 20, 'x')).exit_code, 0);
}

TEST(SandboxProcess, PassesTheWholeInput) {
  EXPECT_EQ(shell("wc -c", std::string(1 << 20, 'x')).output, "1048576\n");
}

TEST(SandboxProcess, ReadsMoreOutputThanAPipeHolds) {
  EXPECT_EQ(shell("head -c 300000 /dev/zero").output.size(), 300'000U);
}

TEST(SandboxProcess, RootGivesUpEveryRight) {
  const auto who = server_account();
  ASSERT_TRUE(who);
  if (!*who) GTEST_SKIP() << "not root";
  program p;
  p.arguments = {"/usr/bin/id", "-nu"};
  p.become = *who;

  EXPECT_EQ(run(p).value().output, (*who)->name + "\n");

  p.arguments = {"/usr/bin/id", "-G"};
  EXPECT_EQ(run(p).value().output, std::to_string((*who)->gid) + "\n");
}

}  // namespace
}  // namespace pawl::sandbox
