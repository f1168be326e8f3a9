#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "ledger/ledger_database.hpp"
#include "ledger/range.hpp"

namespace pawl::ledger {
namespace {

class Horizon : public test::on_each_version {
 protected:
  static std::uint64_t horizon(test::ledger_database& db) {
    test::open_connection c(db.on(), db.url());
    return db.on().await(read_horizon(c.get(), test::far())).value();
  }
  // The number of a transaction that has begun and ended.
  static std::uint64_t transaction(test::ledger_database& db) {
    return std::stoull(db.value("SELECT pg_current_xact_id()"));
  }
};
PAWL_ON_EACH_VERSION(Horizon);

TEST_P(Horizon, LiesBehindWhatHasEnded) {
  test::ledger_database db(version());
  const auto ended = transaction(db);
  EXPECT_GT(horizon(db), ended);
}

TEST_P(Horizon, StaysAtATransactionThatIsOpen) {
  test::ledger_database db(version());
  test::session writer(db.url());
  writer.run("BEGIN");
  const auto open = std::stoull(writer.value("SELECT pg_current_xact_id()"));
  const auto later = transaction(db);
  EXPECT_LE(horizon(db), open);
  writer.run("COMMIT");
  EXPECT_GT(horizon(db), later);
}

TEST_P(Horizon, StaysAtASnapshotThatIsHeld) {
  test::ledger_database db(version());
  test::session reader(db.url());
  reader.run("BEGIN ISOLATION LEVEL REPEATABLE READ");
  reader.run("SELECT 1");
  const auto later = transaction(db);
  EXPECT_LE(horizon(db), later);
  reader.run("COMMIT");
  EXPECT_GT(horizon(db), later);
}

TEST_P(Horizon, DoesNotCountOtherDatabases) {
  test::ledger_database db(version());
  const test::test_database other(version());
  test::session reader(other.url());
  reader.run("BEGIN ISOLATION LEVEL REPEATABLE READ");
  reader.run("SELECT pg_current_xact_id()");
  const auto ended = transaction(db);
  EXPECT_GT(horizon(db), ended);
}

}  // namespace
}  // namespace pawl::ledger
