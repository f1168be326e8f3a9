#include "sandbox/settings.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace pawl::sandbox {
namespace {

constexpr std::uint64_t gigabyte = 1024U * 1024U * 1024U;

// What the server's scanner makes of a quoted value, for these two escapes.
std::string unquoted(const std::string& text) {
  std::string value;
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    if (text[i] == '\'' || text[i] == '\\') ++i;
    value += text[i];
  }
  return value;
}

TEST(SandboxSettings, SharedBuffersAreAnEighthOfTheMachineWithinBounds) {
  EXPECT_EQ(shared_buffers_mb(8 * gigabyte), 1024);
  EXPECT_EQ(shared_buffers_mb(gigabyte / 2), 128);
  EXPECT_EQ(shared_buffers_mb(512 * gigabyte), 2048);
}

TEST(SandboxSettings, AQuotedValueReadsBackAsItself) {
  EXPECT_EQ(quoted_value("it's a \\"), "'it''s a \\\\'");
  EXPECT_TRUE(rc::check("every value", [](const std::string& value) {
    RC_ASSERT(unquoted(quoted_value(value)) == value);
  }));
}

TEST(SandboxSettings, TheCallersSettingsStandLast) {
  const auto text = settings_text(5500, "/s/run", 256, {"port=1", "my.name=a=b"});

  ASSERT_TRUE(text);
  EXPECT_NE(text->find("port = 5500\n"), std::string::npos);
  EXPECT_NE(text->find("shared_buffers = '256MB'\n"), std::string::npos);
  EXPECT_TRUE(text->ends_with("port = '1'\nmy.name = 'a=b'\n"));
}

TEST(SandboxSettings, ACommaDoesNotSplitTheSocketFolder) {
  const auto text = settings_text(5500, "/a,b/run", 256, {});

  ASSERT_TRUE(text);
  EXPECT_NE(text->find("unix_socket_directories = '\"/a,b/run\"'\n"), std::string::npos);
}

TEST(SandboxSettings, WhatIsNoSettingIsRefusedByName) {
  for (const std::string bad : {"work_mem", "=1", "work mem=1", "a=b\nport=1", "#=1"}) {
    const auto text = settings_text(5500, "/s/run", 256, {"jit=off", bad});

    ASSERT_FALSE(text) << bad;
    EXPECT_EQ(text.error().code, errc::sandbox);
    EXPECT_NE(text.error().message.find(bad), std::string::npos);
    EXPECT_FALSE(text.error().hint.empty());
  }
}

TEST(SandboxSettings, TheSocketStaysInTheFolderAsLongAsItsPathFits) {
  EXPECT_EQ(socket_folder_of("/short", 7), "/short/run");
  EXPECT_TRUE(rc::check("it fits a socket's path", [](std::uint8_t length) {
    const std::string folder = "/" + std::string(length, 'x');
    const std::string socket = socket_folder_of(folder, 7).string() + "/.s.PGSQL.65535.lock";
    RC_ASSERT(socket.size() <= 107U);
    RC_ASSERT(socket_folder_of(folder, 7) == socket_folder_of(folder, 7));
  }));
}

TEST(SandboxSettings, TwoLongFoldersOrTwoUsersShareNoSocketFolder) {
  const std::string folder = "/" + std::string(150, 'x');

  EXPECT_NE(socket_folder_of(folder, 7), socket_folder_of(folder + "y", 7));
  EXPECT_NE(socket_folder_of(folder, 7), socket_folder_of(folder, 8));
}

}  // namespace
}  // namespace pawl::sandbox
