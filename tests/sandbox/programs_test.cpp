#include "sandbox/programs.hpp"

#include <gtest/gtest.h>

#include "sandbox/sandbox.hpp"

namespace pawl::sandbox {
namespace {

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

TEST(SandboxPrograms, AllThatAreFoundAreComplete) {
  for (const auto& bin : installed_programs()) EXPECT_TRUE(is_complete(bin)) << bin;
  EXPECT_EQ(installed_programs().empty(), !find_server_programs().has_value());
}

}  // namespace
}  // namespace pawl::sandbox
