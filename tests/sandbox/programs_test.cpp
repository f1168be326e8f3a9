#include "sandbox/programs.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "sandbox/sandbox.hpp"

namespace pawl::sandbox {
namespace {

namespace fs = std::filesystem;

TEST(SandboxPrograms, VersionsAreReadAsEveryDistributionPrintsThem) {
  EXPECT_EQ(parse_version("postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)\n"),
            (server_version{15, "15.20"}));
  EXPECT_EQ(parse_version("postgres (PostgreSQL) 18.4\n"), (server_version{18, "18.4"}));
  EXPECT_EQ(parse_version("postgres (PostgreSQL) 19beta1\n"), (server_version{19, "19beta1"}));
}

TEST(SandboxPrograms, AnythingElseIsNoVersion) {
  EXPECT_FALSE(parse_version(""));
  EXPECT_FALSE(parse_version("postgres (PostgreSQL) "));
  EXPECT_FALSE(parse_version("postgres (PostgreSQL) devel"));
  EXPECT_FALSE(parse_version("postgres: error while loading shared libraries"));
}

TEST(SandboxPrograms, AFolderWithoutThemIsRefusedWithThePackageToInstall) {
  const auto version = version_of("/usr/bin");

  ASSERT_FALSE(version);
  EXPECT_EQ(version.error().code, errc::sandbox);
  EXPECT_NE(version.error().hint.find("apt-get install postgresql-15"), std::string::npos);
}

// A folder whose `postgres` is a script.
fs::path programs_that_do(const std::string& name, const std::string& script) {
  const fs::path bin = fs::path(::testing::TempDir()) / name;
  fs::create_directories(bin);
  for (const char* program : {"initdb", "pg_ctl", "postgres"}) {
    std::ofstream(bin / program) << "#!/bin/sh\n" << script << "\n";
    fs::permissions(bin / program, fs::perms::owner_all | fs::perms::group_exec |
                                       fs::perms::others_exec | fs::perms::others_read);
  }
  return bin;
}

TEST(SandboxPrograms, ThatAreTooOldAreRefusedWithTheirVersion) {
  const auto bin = programs_that_do("pawl-old", "echo 'postgres (PostgreSQL) 9.6.24'");
  const auto old = version_of(bin);
  fs::remove_all(bin);

  ASSERT_FALSE(old);
  EXPECT_EQ(old.error().code, errc::sandbox);
  EXPECT_NE(old.error().message.find("9.6.24"), std::string::npos) << old.error().message;
  EXPECT_NE(old.error().message.find("older than"), std::string::npos) << old.error().message;
}

TEST(SandboxPrograms, ThatDoNotRunAreRefusedWithWhatTheySay) {
  const auto bin = programs_that_do("pawl-broken", "echo 'no shared library' >&2; exit 127");
  const auto broken = version_of(bin);
  fs::remove_all(bin);

  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().code, errc::sandbox);
  EXPECT_NE(broken.error().message.find("no shared library"), std::string::npos)
      << broken.error().message;
}

TEST(SandboxPrograms, AllThatAreFoundAreComplete) {
  for (const auto& bin : installed_programs()) EXPECT_TRUE(is_complete(bin)) << bin;
  EXPECT_EQ(installed_programs().empty(), !find_server_programs().has_value());
}

}  // namespace
}  // namespace pawl::sandbox
