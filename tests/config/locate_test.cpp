#include "config/locate.hpp"

#include <gtest/gtest.h>

#include <set>

namespace pawl::config {
namespace {

surroundings with(std::set<std::string> files) {
  surroundings s;
  s.folder = "/a/repo/sub/deep";
  s.home = "/h";
  s.exists = [files = std::move(files)](const std::filesystem::path& p) {
    return files.contains(p.string());
  };
  return s;
}

TEST(Locate, TakesTheNearestFileUpwards) {
  EXPECT_EQ(locate(with({"/a/repo/sub/pawl.toml", "/a/repo/pawl.toml", "/a/repo/.git"})),
            (location{"/a/repo/sub/pawl.toml", true}));
  EXPECT_EQ(locate(with({"/pawl.toml"})), (location{"/pawl.toml", true}));
}

TEST(Locate, StopsAtTheRootOfTheRepository) {
  EXPECT_EQ(locate(with({"/a/repo/.git", "/a/repo/pawl.toml"})),
            (location{"/a/repo/pawl.toml", true}));
  EXPECT_EQ(locate(with({"/a/repo/.git", "/a/pawl.toml"})), std::nullopt);
}

TEST(Locate, GoesOnToTheUsersOwn) {
  auto s = with({"/a/repo/.git", "/h/.config/pawl/config.toml", "/x/pawl/config.toml"});
  EXPECT_EQ(locate(s), (location{"/h/.config/pawl/config.toml", false}));

  s.xdg_config_home = "/x";
  EXPECT_EQ(locate(s), (location{"/x/pawl/config.toml", false}));
  s.xdg_config_home = "relative";
  EXPECT_EQ(locate(s), (location{"/h/.config/pawl/config.toml", false}));
  s.home = std::nullopt;
  EXPECT_EQ(locate(s), std::nullopt);
}

}  // namespace
}  // namespace pawl::config
