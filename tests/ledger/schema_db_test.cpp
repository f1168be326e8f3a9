#include "ledger/schema.hpp"

#include <gtest/gtest.h>

#include <array>
#include <thread>

#include "ledger/ledger_database.hpp"

namespace pawl::ledger {
namespace {

using test::far;
using test::ledger_database;
using test::loop;
using test::open_connection;
using test::test_database;

class Schema : public test::on_each_version {
 protected:
  static result<void> prepare_as(const std::string& url) {
    loop on;
    open_connection c(on, url);
    auto made = on.await(prepare(c.get(), far()));
    EXPECT_FALSE(c.get().in_transaction());
    return made;
  }
};
PAWL_ON_EACH_VERSION(Schema);

TEST_P(Schema, IsMadeOnFirstUseAndFoundThen) {
  const test_database db(version());
  loop on;
  open_connection c(on, db.url());
  EXPECT_FALSE(on.await(exists(c.get(), far())).value());
  ASSERT_TRUE(on.await(prepare(c.get(), far())).has_value());
  EXPECT_TRUE(on.await(exists(c.get(), far())).value());
  EXPECT_TRUE(on.await(prepare(c.get(), far())).has_value());
  EXPECT_EQ(db.value("SELECT version FROM pawl.meta"), std::to_string(schema_version));
}

TEST_P(Schema, IsMadeOnceByRunnersThatStartTogether) {
  const test_database db(version());
  test::session door(db.url());
  door.run("BEGIN; SELECT pg_advisory_xact_lock(7023141592653589793)");
  std::array<bool, 3> made{};
  std::vector<std::thread> runners;
  for (auto& mine : made) {
    runners.emplace_back([&mine, &db] { mine = prepare_as(db.url()).has_value(); });
  }
  const bool all_wait =
      test::wait_until(db.url(), "(SELECT count(*) FROM pg_locks WHERE NOT granted) = 3");
  door.run("COMMIT");
  for (auto& runner : runners) {
    runner.join();
  }
  EXPECT_TRUE(all_wait);
  EXPECT_EQ(made, (std::array{true, true, true}));
  EXPECT_EQ(db.value("SELECT count(*) FROM pawl.meta"), "1");
}

TEST_P(Schema, ANewerOneIsRefused) {
  const test_database db(version());
  ASSERT_TRUE(prepare_as(db.url()).has_value());
  db.sql("UPDATE pawl.meta SET version = version + 1");
  const auto refused = prepare_as(db.url());
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().code, errc::ledger_newer);
  EXPECT_NE(refused.error().hint, "");
}

TEST_P(Schema, AnUnloggedTableIsRefused) {
  const test_database db(version());
  ASSERT_TRUE(prepare_as(db.url()).has_value());
  db.sql("ALTER TABLE pawl.event SET UNLOGGED");
  const auto refused = prepare_as(db.url());
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().code, errc::ledger_unlogged);
  db.sql("ALTER TABLE pawl.event SET LOGGED");
  EXPECT_TRUE(prepare_as(db.url()).has_value());
}

TEST_P(Schema, AnEmptiedOneIsDamaged) {
  const test_database db(version());
  ASSERT_TRUE(prepare_as(db.url()).has_value());
  db.sql("DELETE FROM pawl.meta");
  EXPECT_EQ(prepare_as(db.url()).error().code, errc::ledger_damaged);
}

TEST_P(Schema, ARoleThatMayNotMakeItIsToldTheWayOut) {
  const test_database db(version());
  const std::string role = "guest_" + db.name();
  db.sql("CREATE ROLE " + role + " LOGIN PASSWORD 'guest'");
  const auto refused = prepare_as(db.url_as(role, "guest"));
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().code, errc::forbidden);
  EXPECT_NE(refused.error().hint.find("pawl version --ddl"), std::string::npos);
  EXPECT_EQ(db.value("SELECT to_regnamespace('pawl') IS NULL"), "t");
  db.sql("DROP ROLE " + role);
}

TEST_P(Schema, WhatIsHalfMadeIsUndone) {
  const test_database db(version());
  // The schema is there already, without its tables: made by somebody else.
  db.sql("CREATE SCHEMA pawl");
  const auto refused = prepare_as(db.url());
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().sqlstate, "42P06");
  EXPECT_EQ(db.value("SELECT count(*) FROM pg_class WHERE relnamespace = 'pawl'::regnamespace"),
            "0");
}

}  // namespace
}  // namespace pawl::ledger
