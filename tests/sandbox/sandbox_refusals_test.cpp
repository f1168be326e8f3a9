// What `up` refuses, and what it says then.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "fixture.hpp"
#include "sandbox/cluster.hpp"
#include "sandbox/descriptor.hpp"
#include "sandbox/owner.hpp"
#include "sandbox/sandbox.hpp"

namespace pawl::sandbox {
namespace {

constexpr int debian_major = 15;
constexpr int newest_major = 18;

class SandboxRefusals : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const auto reason = test::missing(debian_major)) GTEST_SKIP() << *reason;
  }
};

// Someone else who listens on a port of the loopback.
descriptor listener_on(int port) {
  descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  const int on = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const auto* any = static_cast<const sockaddr*>(static_cast<const void*>(&address));
  EXPECT_EQ(::bind(socket.get(), any, sizeof address), 0);
  EXPECT_EQ(::listen(socket.get(), 1), 0);
  return socket;
}

TEST_F(SandboxRefusals, APortThatWasTakenMeanwhileIsReplaced) {
  const own_sandbox own(debian_major);
  const server first = own.up();
  ASSERT_TRUE(down(own.folder(), false));
  const descriptor other = listener_on(first.port);

  const server second = own.up();

  EXPECT_TRUE(second.running);
  EXPECT_NE(second.port, first.port);
}

TEST_F(SandboxRefusals, APortThatWasAskedForIsNot) {
  own_sandbox own(debian_major);
  own.options().port = free_port().value();
  const descriptor other = listener_on(own.options().port);

  const auto made = up(own.options());

  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().message, "port " + std::to_string(own.options().port) + " is taken");
  EXPECT_FALSE(made.error().hint.empty());
}

TEST_F(SandboxRefusals, TheServerItselfFindsAPortTakenAfterTheLastLook) {
  const own_sandbox own(debian_major);
  const server first = own.up();
  ASSERT_TRUE(down(own.folder(), false));
  const descriptor other = listener_on(first.port);
  const auto who = server_account();
  ASSERT_TRUE(who);
  const cluster c{layout{own.folder()}, test::programs_of(debian_major), *who, first.socket_folder};

  const auto started = start(c, first.port, {});

  ASSERT_TRUE(started) << started.error().message << started.error().detail;
  EXPECT_EQ(*started, start_result::port_taken);
}

TEST_F(SandboxRefusals, ARunningServerIsNotMovedToAnotherPort) {
  own_sandbox own(debian_major);
  const server first = own.up();
  own.options().port = first.port == 40000 ? 40001 : 40000;

  const auto again = up(own.options());

  ASSERT_FALSE(again);
  EXPECT_NE(again.error().message.find(std::to_string(first.port)), std::string::npos);
}

TEST_F(SandboxRefusals, ASettingThatTheServerDoesNotKnowShowsItsLog) {
  own_sandbox own(debian_major);
  own.options().settings = {"no_such_thing=1"};

  const auto made = up(own.options());

  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, errc::sandbox);
  EXPECT_NE(made.error().detail.find("no_such_thing"), std::string::npos) << made.error().detail;
  EXPECT_NE(made.error().hint.find("server.log"), std::string::npos);
}

TEST_F(SandboxRefusals, TheProgramsOfAnotherMajorVersionCannotOpenTheCluster) {
  if (const auto reason = test::missing(newest_major)) GTEST_SKIP() << *reason;
  own_sandbox own(debian_major);
  own.up();
  ASSERT_TRUE(down(own.folder(), false));
  own.options().bin = test::programs_of(newest_major);

  const auto made = up(own.options());

  ASSERT_FALSE(made);
  EXPECT_NE(made.error().message.find("made by PostgreSQL 15"), std::string::npos);
}

TEST_F(SandboxRefusals, AFolderWithoutTheProgramsLeavesNothingMade) {
  own_sandbox own(debian_major);
  own.options().bin = own.scratch();

  const auto made = up(own.options());

  ASSERT_FALSE(made);
  EXPECT_NE(made.error().hint.find("apt-get install postgresql-15"), std::string::npos);
  EXPECT_FALSE(find(own.folder()));
}

}  // namespace
}  // namespace pawl::sandbox
