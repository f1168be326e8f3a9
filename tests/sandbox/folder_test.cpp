#include "sandbox/folder.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <sys/stat.h>

#include <fstream>

#include "sandbox/owner.hpp"
#include "sandbox/sandbox.hpp"

namespace pawl::sandbox {
namespace {

namespace fs = std::filesystem;

class SandboxFolder : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "pawl-folder-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    root_ = name;
    fs::permissions(root_, fs::perms(0755));
  }
  void TearDown() override { fs::remove_all(root_); }

  fs::path root_;
};

TEST_F(SandboxFolder, TheMarkerReadsBackAsWritten) {
  EXPECT_TRUE(rc::check("every folder and port", [](std::uint16_t port) {
    const marker m{"/usr/lib/" + std::to_string(port) + "/a folder = b/bin", port};
    RC_ASSERT(parse_marker(text_of(m)) == m);
  }));
}

TEST_F(SandboxFolder, AnotherFileIsNoMarker) {
  EXPECT_FALSE(parse_marker(""));
  EXPECT_FALSE(parse_marker("bin=/x\nport=1\n"));
  EXPECT_FALSE(parse_marker("pawl sandbox 2\nbin=/x\nport=1\n"));
  EXPECT_FALSE(parse_marker("pawl sandbox 1\nport=1\n"));
}

TEST_F(SandboxFolder, NamesThatAShellWouldChangeAreRefused) {
  for (const char* name : {"", "/a\"b", "/a$b", "/a`b", "/a\\b", "/a\nb"}) {
    EXPECT_FALSE(layout_of(name)) << name;
  }
  EXPECT_EQ(layout_of("/a b/c, d/../e/").value().folder, "/a b/e");
}

TEST_F(SandboxFolder, IsMadeWithItsParentsAndClosedToOthers) {
  const layout where = layout_of(root_ / "a" / "b").value();

  ASSERT_TRUE(make_folder(where, std::nullopt));
  ASSERT_TRUE(make_folder(where, std::nullopt)) << "again, over the empty one";

  struct stat made {};
  ASSERT_EQ(::stat(where.folder.c_str(), &made), 0);
  EXPECT_EQ(made.st_mode & 0777U, 0700U);
}

TEST_F(SandboxFolder, AFolderWithOtherThingsIsRefusedByTheNameOfOne) {
  std::ofstream(root_ / "thesis.txt") << "years of work";

  const auto made = make_folder(layout{root_}, std::nullopt);

  ASSERT_FALSE(made);
  EXPECT_NE(made.error().message.find("thesis.txt"), std::string::npos);
  const auto removed = down(root_, true);
  ASSERT_FALSE(removed);
  EXPECT_EQ(removed.error().code, errc::sandbox);
  EXPECT_TRUE(fs::exists(root_ / "thesis.txt"));
}

TEST_F(SandboxFolder, ALockFileAloneDoesNotMakeItForeign) {
  std::ofstream(layout{root_}.lock());

  EXPECT_TRUE(make_folder(layout{root_}, std::nullopt));
}

TEST_F(SandboxFolder, TheLockOfAFolderThatIsGoneIsEmpty) {
  const auto lock = lock_folder(layout{root_ / "gone"});

  ASSERT_TRUE(lock);
  EXPECT_FALSE(*lock);
}

TEST_F(SandboxFolder, AParentThatTheServersUserMayNotEnterIsNamed) {
  const auto who = server_account();
  ASSERT_TRUE(who);
  if (!*who) GTEST_SKIP() << "not root";
  const fs::path closed = root_ / "closed";
  fs::create_directory(closed);
  fs::permissions(closed, fs::perms(0700));

  const auto made = make_folder(layout{closed / "sandbox"}, *who);

  ASSERT_FALSE(made);
  EXPECT_TRUE(made.error().message.ends_with("may not enter " + closed.string()));
  EXPECT_NE(made.error().hint.find("chmod o+x " + closed.string()), std::string::npos);
}

TEST_F(SandboxFolder, AFileIsReplacedAsAWholeAndNeverThroughALink) {
  std::ofstream(root_ / "precious") << "kept";
  fs::create_symlink(root_ / "precious", root_ / "file");

  ASSERT_TRUE(write_file(root_ / "file", "new", 0600, std::nullopt));

  EXPECT_EQ(read_file(root_ / "file").value(), "new");
  EXPECT_EQ(read_file(root_ / "precious").value(), "kept");
}

TEST_F(SandboxFolder, TheDefaultFollowsTheEnvironment) {
  ::setenv("PAWL_SANDBOX", "/chosen", 1);
  EXPECT_EQ(default_folder(), "/chosen");
  ::unsetenv("PAWL_SANDBOX");
  EXPECT_TRUE(default_folder().is_absolute());
}

}  // namespace
}  // namespace pawl::sandbox
