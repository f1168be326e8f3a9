// Runners that die in the middle of a pass over a range, or share a run: every row is changed
// exactly once all the same.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <random>

#include "cli/job_files.hpp"
#include "support/pawl_process.hpp"
#include "support/server.hpp"

namespace pawl::test {
namespace {

using testing::HasSubstr;

class Stripes : public on_each_version {
 protected:
  static std::map<std::string, std::string> env(const test_database& db) {
    return {{"DATABASE_URL", db.url()}};
  }
};
PAWL_ON_EACH_VERSION(Stripes);

constexpr const char* someone_waits = "EXISTS (SELECT FROM pg_locks WHERE NOT granted)";

bool wait_for_pawl(const test_database& db, const std::string& condition) {
  return wait_until(db.url(), "to_regclass('pawl.control') IS NOT NULL") &&
         wait_until(db.url(), condition);
}

struct keyed_table {
  const char* columns;  // of table t, whose column n counts the changes
  const char* key;
  const char* values;  // over i = 1...500
};

const std::vector<keyed_table> tables = {
    {"k int8", "k", "i"},
    {"k int8", "k", "(i - 250) * 9000000000007"},
    {"k int4", "k", "(i - 250) * 3"},
    {"k int2", "k", "i - 250"},
    {"k uuid", "k", "md5(i::text)::uuid"},
    {"k text", "k", "'ä' || i"},
    {"k varchar(40)", "k", "'c' || md5(i::text)"},
    {"k int, l text", "k, l", "i % 5, 'x' || i"},
    {"k uuid, l date", "k, l", "md5((i % 9)::text)::uuid, date '2020-01-01' + i"},
};

// A row in the middle of the key's order that another session holds: the run comes as far as the
// batch of that row, in the pass of its stripe.
session hold_middle(const test_database& db, const std::string& key) {
  session other(db.url());
  other.run("BEGIN");
  other.run("SELECT FROM t WHERE (" + key + ") = (SELECT " + key + " FROM t ORDER BY " + key +
            " OFFSET 250 LIMIT 1) FOR UPDATE");
  return other;
}

TEST_P(Stripes, AreGoneOnWithInTheMiddleOfAPassUnderEveryKindOfKey) {
  const test_database db(version());
  const job_folder folder;
  const auto file = folder.write("job.sql", "UPDATE t SET n = n + 1;\n");
  int in_later_passes = 0;
  for (const auto& table : tables) {
    for (const char* stripes : {"2", "16"}) {
      SCOPED_TRACE(std::string{table.columns} + " in passes: " + stripes);
      db.sql("DROP SCHEMA IF EXISTS pawl CASCADE; DROP TABLE IF EXISTS t");
      db.sql(std::string{"CREATE TABLE t ("} + table.columns +
             ", n int NOT NULL DEFAULT 0, PRIMARY KEY (" + table.key + ")); INSERT INTO t SELECT " +
             table.values + " FROM generate_series(1, 500) i; ANALYZE t");
      auto holder = hold_middle(db, table.key);
      auto runner = start_pawl({"run", file, "--jobs", "1", "--batch-size", "7", "--stripes",
                                stripes, "--lock-timeout", "10min", "--statement-timeout", "20min"},
                               env(db));
      ASSERT_TRUE(wait_for_pawl(db, someone_waits)) << runner.err();
      runner.kill(SIGKILL);
      EXPECT_EQ(runner.wait().signal, SIGKILL);
      in_later_passes += db.value("SELECT next_stripe > 0 FROM pawl.range") == "t" ? 1 : 0;
      holder.run("COMMIT");

      const auto end = run_pawl({"run", file, "--batch-size", "7", "--stripes", "8"}, env(db));

      EXPECT_EQ(end.exit_code, 0) << end.err << end.out;
      EXPECT_EQ(db.value("SELECT count(*) FROM t WHERE n <> 1"), "0");
      EXPECT_EQ(db.value("SELECT stripes FROM pawl.range"), stripes) << "the range keeps its own";
    }
  }
  EXPECT_GT(in_later_passes, 0) << "no run was killed behind its first pass";
}

// Four ranges, so that two workers are at work.
void make_big_acct(const test_database& db) {
  db.sql(acct_rows);
  db.sql("INSERT INTO acct (id) SELECT i FROM generate_series(60001, 200000) AS i; ANALYZE acct");
}

void expect_each_row_once(const test_database& db, const char* stripes) {
  EXPECT_EQ(db.value("SELECT count(*) FROM acct WHERE balance = 0"), "0") << "rows lost";
  EXPECT_EQ(db.value("SELECT count(*) FROM acct WHERE balance > 1"), "0") << "rows doubled";
  EXPECT_EQ(db.value("SELECT sum(rows_changed) FROM pawl.range"),
            db.value("SELECT count(*) FROM acct"));
  EXPECT_EQ(db.value("SELECT string_agg(DISTINCT stripes::text, ' ') FROM pawl.range"), stripes);
  EXPECT_EQ(db.value("SELECT string_agg(state, ',') FROM pawl.run"), "done");
}

TEST_P(Stripes, OfRunsKilledAtRandomMomentsChangeEachRowOnce) {
  const test_database db(version());
  const job_folder folder;
  make_big_acct(db);
  session holder(db.url());
  holder.run("BEGIN");
  holder.run("SELECT FROM acct WHERE id = 200000 FOR UPDATE");
  const auto file = folder.write("add_one.sql", add_one);
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random{seed};
  std::uniform_int_distribution<int> more{0, 30};
  const std::string batches = "(SELECT coalesce(sum(batches), 0) FROM pawl.range)";

  int before = 0;
  for (int kills = 0; kills < 12; ++kills) {
    auto runner =
        start_pawl({"run", file, "--batch-size", "100", "--jobs", "2", "--stripes", "16"}, env(db));
    const auto enough = batches + " >= " + std::to_string(before + more(random));
    ASSERT_TRUE(wait_for_pawl(db, enough + " OR " + someone_waits)) << runner.err();
    runner.kill(SIGKILL);
    EXPECT_EQ(runner.wait().signal, SIGKILL);
    before = std::stoi(db.value("SELECT " + batches));
  }
  EXPECT_NE(db.value("SELECT state FROM pawl.run"), "done");
  holder.run("COMMIT");
  const auto last = run_pawl({"run", file, "--stripes", "16"}, env(db));

  EXPECT_EQ(last.exit_code, 0) << last.err;
  expect_each_row_once(db, "16");
}

TEST_P(Stripes, AreSharedByTwoRunnersBesideASessionThatWrites) {
  const test_database db(version());
  const job_folder folder;
  make_big_acct(db);
  db.sql("ALTER TABLE acct ADD other int NOT NULL DEFAULT 0");
  session holder(db.url());
  holder.run("BEGIN");
  holder.run("SELECT FROM acct WHERE id = 200000 FOR UPDATE");
  const auto file = folder.write("add_one.sql", add_one);
  const std::vector<std::string> args{"run", file, "--batch-size", "500", "--stripes", "4"};

  auto first = start_pawl(args, env(db));
  auto second = start_pawl(args, env(db));
  EXPECT_TRUE(wait_for_pawl(db, "(SELECT count(*) FROM pawl.runner w WHERE pawl.is_alive(w)) = 2"));
  // It never waits for pawl, which would be a deadlock now and then.
  int written = 0;
  for (int i = 1; i <= 50; ++i) {
    written += std::stoi(
        db.value("WITH free AS (SELECT id FROM acct WHERE id % 1000 = " + std::to_string(i) +
                 " FOR UPDATE SKIP LOCKED), written AS (UPDATE acct SET other = other + 1 WHERE "
                 "id IN (SELECT id FROM free) RETURNING 1) SELECT count(*) FROM written"));
  }
  holder.run("COMMIT");
  const auto one = first.wait();
  const auto two = second.wait();

  EXPECT_EQ(one.exit_code, 0) << one.err;
  EXPECT_EQ(two.exit_code, 0) << two.err;
  expect_each_row_once(db, "4");
  EXPECT_EQ(db.value("SELECT sum(other) FROM acct"), std::to_string(written));
  EXPECT_GT(written, 0);
}

TEST_P(Stripes, AreShownByThePlanWithTheReason) {
  const test_database db(version());
  const job_folder folder;
  db.sql(acct_rows);
  const auto file = folder.write("job.sql", add_one);

  const auto small = run_pawl({"plan", file}, env(db));
  EXPECT_EQ(small.exit_code, 0) << small.err;
  EXPECT_THAT(small.out, HasSubstr("stripes    1: the table is small"));
  const auto wanted = run_pawl({"plan", file, "--stripes", "4", "--json"}, env(db));
  EXPECT_EQ(wanted.exit_code, 0) << wanted.err;
  EXPECT_THAT(wanted.out, HasSubstr("\"stripes\":4"));
  EXPECT_THAT(wanted.out, HasSubstr("\"stripes_reason\":\"the setting stripes says so\""));
  EXPECT_THAT(wanted.out, HasSubstr("(acct.id OPERATOR(pg_catalog.&) 3) OPERATOR(pg_catalog.=) 3"));
}

TEST_P(Stripes, AreAPowerOfTwo) {
  const test_database db(version());
  const job_folder folder;
  const auto file = folder.write("job.sql", add_one);

  const auto end = run_pawl({"run", file, "--stripes", "3"}, env(db));

  EXPECT_EQ(end.exit_code, 2) << end.err;
  EXPECT_THAT(end.err, HasSubstr("auto or a power of two from 1 to 64"));
}

}  // namespace
}  // namespace pawl::test
