// Real servers for tests: each version is started once for the process, on first use, and removed
// at its end; what a killed test left is removed by the next one.
//
//   class Fence : public on_each_version {};
//   PAWL_ON_EACH_VERSION(Fence);
//   TEST_P(Fence, RaisesForAForeignToken) {
//     const test_database db(version());
//     session a(db.url());
//
// A version that this machine has not is skipped, with the reason; scripts/test.sh installs all.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "support/database.hpp"

namespace pawl::test {

// The major versions that are tested, oldest first: the one of Debian 12 and the newest.
const std::vector<int>& versions();

// Why `major` cannot be tested here; empty when it can.
std::optional<std::string> missing(int major);

// Folder of the server programs of this version, whether or not they are there.
std::filesystem::path programs_of(int major);

// URL of database `pawl` on the running server of this version, as its superuser; tests of roles
// and of the server as a whole use it. Throws when the server cannot be started.
const std::string& test_server(int major);

// Folder of that server's socket, and its port.
struct server_address {
  std::string socket_folder;
  int port = 0;
  std::string folder;
};
server_address address_of(int major);

// A new, empty database, dropped at the end with whatever is still connected to it.
class test_database {
 public:
  explicit test_database(int major);
  test_database(const test_database&) = delete;
  test_database& operator=(const test_database&) = delete;
  ~test_database();

  const std::string& url() const { return url_; }
  const std::string& name() const { return name_; }
  // The same database for another user of the server.
  std::string url_as(const std::string& user, const std::string& password) const;

  rows sql(const std::string& text) const { return test::sql(url_, text); }
  std::string value(const std::string& text) const { return sql_value(url_, text); }
  // Makes `table` so large that nothing takes it for one statement's work: a column `pad`, and a
  // row with `values` (JSON) in which it holds 9 MB.
  void enlarge(const std::string& table, const std::string& values) const;

 private:
  int major_;
  std::string name_;
  std::string url_;
};

// A test that runs once for each version.
class on_each_version : public ::testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    if (const auto reason = missing(version())) GTEST_SKIP() << *reason;
  }
  static int version() { return GetParam(); }
};

std::string name_of_version(const ::testing::TestParamInfo<int>& info);

}  // namespace pawl::test

#define PAWL_ON_EACH_VERSION(suite)                                                          \
  INSTANTIATE_TEST_SUITE_P(PostgreSQL, suite, ::testing::ValuesIn(::pawl::test::versions()), \
                           ::pawl::test::name_of_version)
