// What a sandbox does on every version: it is made, found again after crashes, and removed.
#include "sandbox/sandbox.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <csignal>
#include <fstream>
#include <future>

#include "fixture.hpp"
#include "sandbox/postmaster.hpp"

namespace pawl::sandbox {
namespace {

namespace fs = std::filesystem;
using test::sql_value;

class Sandbox : public test::on_each_version {};
PAWL_ON_EACH_VERSION(Sandbox);

std::string started_at(const server& s) {
  return sql_value(s.url, "SELECT pg_postmaster_start_time()");
}

TEST_P(Sandbox, UpMakesAPrivateServerWithItsDatabase) {
  own_sandbox own(version());
  own.options().settings.emplace_back("work_mem=7MB");

  const server made = own.up();

  EXPECT_TRUE(made.running);
  EXPECT_TRUE(made.version.starts_with(std::to_string(version())));
  EXPECT_EQ(sql_value(made.url, "SELECT current_user || '/' || current_database()"), "pawl/pawl");
  EXPECT_EQ(sql_value(made.url,
                      "SELECT pg_encoding_to_char(encoding) || ' ' || datcollate "
                      "FROM pg_database WHERE datname = 'pawl'"),
            "UTF8 C.UTF-8");
  EXPECT_EQ(sql_value(made.url, "SHOW listen_addresses"), "127.0.0.1");
  EXPECT_EQ(sql_value(made.url, "SHOW max_wal_size"), "8GB");
  EXPECT_EQ(sql_value(made.url, "SHOW work_mem"), "7MB");
  EXPECT_EQ(sql_value(made.url, "SHOW server_version").substr(0, 2), std::to_string(version()));
}

TEST_P(Sandbox, TheLoopbackNeedsThePasswordAndTheSocketDoesNot) {
  const own_sandbox own(version());
  const server made = own.up();
  const std::string port = std::to_string(made.port);

  EXPECT_THROW(test::session("postgresql://pawl:wrong@127.0.0.1:" + port + "/pawl"),
               std::runtime_error);
  EXPECT_EQ(
      sql_value("host=" + made.socket_folder.string() + " port=" + port + " user=pawl dbname=pawl",
                "SELECT 1"),
      "1");
  struct stat file {};
  ASSERT_EQ(::stat((own.folder() / "password").c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777U, 0600U);
  ASSERT_EQ(::stat(made.socket_folder.c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777U, 0700U);
}

TEST_P(Sandbox, ASecondUpLeavesTheRunningServerAlone) {
  const own_sandbox own(version());
  const server first = own.up();
  const std::string started = started_at(first);

  const server second = own.up();

  EXPECT_EQ(second.url, first.url);
  EXPECT_EQ(started_at(second), started);
}

TEST_P(Sandbox, DownKeepsDataAndPortForTheNextUp) {
  const own_sandbox own(version());
  const server first = own.up();
  test::sql(first.url, "CREATE TABLE kept AS SELECT 42 AS answer");

  ASSERT_TRUE(down(own.folder(), false));

  EXPECT_FALSE(find(own.folder()).value().running);
  ASSERT_TRUE(down(own.folder(), false)) << "down of a stopped server is fine";
  const server second = own.up();
  EXPECT_EQ(second.url, first.url);
  EXPECT_EQ(sql_value(second.url, "SELECT answer FROM kept"), "42");
}

TEST_P(Sandbox, UpAfterAKillClearsTheOrphansAndRecovers) {
  const own_sandbox own(version());
  const server first = own.up();
  const fs::path data = own.folder() / "data";
  test::sql(first.url, "CREATE TABLE kept AS SELECT 42 AS answer");
  // A backend in a loop does not notice that its postmaster is gone, and keeps the shared memory.
  test::session busy(first.url);
  busy.send("DO $$ BEGIN LOOP END LOOP; END $$");
  ASSERT_TRUE(test::wait_until(
      first.url, "EXISTS (SELECT FROM pg_stat_activity WHERE state = 'active' AND pid = " +
                     std::to_string(busy.pid()) + ")"));
  ASSERT_TRUE(stop_postmaster(data, SIGKILL));
  EXPECT_FALSE(processes_of(data).empty());
  EXPECT_TRUE(fs::exists(data / "postmaster.pid"));

  const server second = own.up();

  EXPECT_TRUE(second.running);
  EXPECT_EQ(sql_value(second.url, "SELECT answer FROM kept"), "42");
}

TEST_P(Sandbox, APidFileThatNamesAnotherProcessIsNotBelieved) {
  const own_sandbox own(version());
  const server first = own.up();
  ASSERT_TRUE(down(own.folder(), false));
  // Alive, and of the same user: the server would believe it.
  const auto other = postmaster_of(fs::path(test::address_of(version()).folder) / "data");
  ASSERT_TRUE(other);
  const std::string text = std::to_string(*other) + "\n" + (own.folder() / "data").string() +
                           "\n0\n" + std::to_string(first.port) + "\n\n\n\n";
  std::ofstream(own.folder() / "data" / "postmaster.pid") << text;
  std::ofstream(first.socket_folder / (".s.PGSQL." + std::to_string(first.port) + ".lock")) << text;
  EXPECT_FALSE(find(own.folder()).value().running);

  EXPECT_TRUE(own.up().running);
}

TEST_P(Sandbox, UpsAtTheSameTimeGiveOneServer) {
  const own_sandbox own(version());

  std::vector<std::future<server>> ups;
  for (int i = 0; i < 4; ++i) {
    ups.push_back(std::async(std::launch::async, [&own] { return own.up(); }));
  }
  std::vector<server> made;
  for (auto& one : ups) made.push_back(one.get());

  for (const server& one : made) EXPECT_EQ(one.url, made.front().url);
  EXPECT_TRUE(made.front().running);
  EXPECT_EQ(sql_value(made.front().url, "SELECT 1"), "1");
}

TEST_P(Sandbox, AHalfMadeClusterIsMadeAgain) {
  const own_sandbox own(version());
  own.up();
  ASSERT_TRUE(down(own.folder(), false));
  fs::rename(own.folder() / "data", own.folder() / "data.new");
  fs::remove(own.folder() / "data.new" / "PG_VERSION");
  const auto half = find(own.folder());
  ASSERT_FALSE(half);
  EXPECT_NE(half.error().message.find("not finished"), std::string::npos);

  EXPECT_TRUE(own.up().running);
  EXPECT_FALSE(fs::exists(own.folder() / "data.new"));
}

TEST_P(Sandbox, RemoveLeavesNothingBehind) {
  const own_sandbox own(version());
  const server made = own.up();

  ASSERT_TRUE(down(own.folder(), true));

  EXPECT_FALSE(fs::exists(own.folder()));
  EXPECT_FALSE(fs::exists(made.socket_folder));
  EXPECT_TRUE(processes_of(own.folder() / "data").empty());
  EXPECT_FALSE(find(own.folder()));
}

TEST_P(Sandbox, ALongFolderGetsAShortSocketFolder) {
  own_sandbox own(version());
  own.options().folder = own.scratch() / std::string(90, 'x') / "a folder, with more than a word";

  const server made = own.up();

  EXPECT_TRUE(made.socket_folder.string().starts_with("/tmp/pawl-"));
  EXPECT_EQ(sql_value("host=" + made.socket_folder.string() + " port=" + std::to_string(made.port) +
                          " user=pawl dbname=pawl",
                      "SELECT 1"),
            "1");
  ASSERT_TRUE(down(own.folder(), true));
  EXPECT_FALSE(fs::exists(made.socket_folder));
}

}  // namespace
}  // namespace pawl::sandbox
