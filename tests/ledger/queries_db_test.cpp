#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "ledger/ledger_database.hpp"

namespace pawl::ledger {
namespace {

namespace fs = std::filesystem;

class Queries : public test::on_each_version {};
PAWL_ON_EACH_VERSION(Queries);

int prepare_all(test::session& s, const fs::path& folder) {
  int prepared = 0;
  for (const auto& file : fs::directory_iterator(folder)) {
    std::ifstream in(file.path());
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    try {
      s.run("PREPARE query AS " + text);
      s.run("DEALLOCATE query");
    } catch (const std::exception& refused) {
      ADD_FAILURE() << file.path().filename() << ": " << refused.what();
    }
    ++prepared;
  }
  return prepared;
}

TEST_P(Queries, EachIsUnderstoodByTheServer) {
  const test::ledger_database db(version());
  test::session s(db.url());
  EXPECT_GT(prepare_all(s, fs::path{PAWL_ENGINE} / "plan" / "queries"), 8);
  s.run("SET search_path = pg_catalog, pg_temp");
  EXPECT_GT(prepare_all(s, fs::path{PAWL_ENGINE} / "ledger" / "queries"), 30);
}

// Anybody may make such a function; if the ledger's own found it, it would run as pawl's role.
TEST_P(Queries, TheLedgersFunctionsFindNothingOfTheUser) {
  const test::ledger_database db(version());
  db.sql(
      "CREATE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE sql"
      " AS 'SELECT now() WHERE 1 / 0 = 1'");
  db.add_runner(test::me);
  test::session s(db.url());
  s.run("SET search_path = public, pg_catalog");
  EXPECT_EQ(s.sqlstate_of("SELECT clock_timestamp()"), "22012") << "else this test shows nothing";
  EXPECT_EQ(s.value("SELECT pawl.is_alive(w) FROM pawl.runner w"), "t");
}

}  // namespace
}  // namespace pawl::ledger
