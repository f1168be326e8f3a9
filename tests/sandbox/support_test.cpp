// The tests' own tools, each also seen to fail.
#include <gtest/gtest.h>

#include <algorithm>

#include "support/database.hpp"
#include "support/scratch.hpp"
#include "support/server.hpp"

namespace pawl::test {
namespace {

class Support : public on_each_version {};
PAWL_ON_EACH_VERSION(Support);

TEST_P(Support, ATestDatabaseIsNewAndGoneAfterwards) {
  std::string name;
  {
    const test_database db(version());
    name = db.name();
    EXPECT_EQ(db.value("SELECT current_database()"), name);
    EXPECT_EQ(db.value("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"),
              "0");
    EXPECT_EQ(db.value("SHOW server_version_num").substr(0, 2), std::to_string(version()));
  }
  EXPECT_EQ(sql_value(test_server(version()),
                      "SELECT count(*) FROM pg_database WHERE datname = '" + name + "'"),
            "0");
}

TEST_P(Support, RowsKeepNullsApartFromEmptyTexts) {
  const test_database db(version());

  const rows got = db.sql("SELECT 1; SELECT '', NULL, 'x'");

  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(got.front(), (row{"", std::nullopt, "x"}));
}

TEST_P(Support, AFailedStatementThrowsAndASqlstateIsTold) {
  const test_database db(version());
  session s(db.url());

  EXPECT_THROW(s.run("SELECT 1/0"), std::runtime_error);
  EXPECT_EQ(s.sqlstate_of("SELECT 1/0"), "22012");
  EXPECT_EQ(s.sqlstate_of("SELECT 1"), "");
}

TEST_P(Support, ABlockedSessionIsSeenAndGoesOnWhenFreed) {
  const test_database db(version());
  db.sql("CREATE TABLE t AS SELECT 1 AS id");
  session first(db.url());
  session second(db.url());
  first.run("BEGIN");
  first.run("UPDATE t SET id = 2");

  second.send("UPDATE t SET id = id + 1 RETURNING id");
  ASSERT_TRUE(second.becomes_blocked(db.url()));
  first.run("COMMIT");

  EXPECT_EQ(second.result(), (rows{{"3"}}));
}

TEST_P(Support, AnotherRoleCanConnect) {
  const test_database db(version());
  const std::string role = "reader_" + db.name();
  db.sql("CREATE ROLE " + role + " LOGIN PASSWORD 'secret'");

  EXPECT_EQ(sql_value(db.url_as(role, "secret"), "SELECT current_user"), role);

  db.sql("DROP ROLE " + role);
}

TEST(SupportScratch, OnlyFoldersOfEndedProcessesAreAbandoned) {
  const std::filesystem::path mine = scratch_folder();

  std::vector<std::filesystem::path> abandoned;
  clear_abandoned([&](const std::filesystem::path& folder) { abandoned.push_back(folder); });

  EXPECT_EQ(std::count(abandoned.begin(), abandoned.end(), mine), 0);
  EXPECT_TRUE(std::filesystem::exists(mine));
  remove_scratch(mine);
}

}  // namespace
}  // namespace pawl::test
