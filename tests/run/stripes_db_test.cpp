// Ranges that are changed in several passes: each row is changed exactly once all the same, and a
// pass that has to wait for the horizon ends.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "run/job_fixture.hpp"

namespace pawl::run {

namespace {

constexpr auto add_one = "UPDATE t SET n = n + 1;";
constexpr auto not_once = "SELECT count(*) FROM t WHERE n <> 1";

run_options in_passes(int stripes) {
  auto o = small_batches();
  o.stripes = stripes;
  return o;
}

struct keyed {
  const char* columns;
  const char* values;  // over i = 1...500
  const char* key;
};

const std::vector<keyed>& keys() {
  static const std::vector<keyed> all = {
      {"k int8", "i", "k"},
      {"k int8", "(250 - i) * 9000000000007", "k"},
      {"k int8", "i::int8 << 22", "k"},
      {"k int4", "(250 - i) * 3", "k"},
      {"k int2", "250 - i", "k"},
      {"k uuid", "md5(i::text)::uuid", "k"},
      {"k text", "CASE i % 3 WHEN 0 THEN 'ä' WHEN 1 THEN 'A' ELSE '' END || i", "k"},
      {"k text COLLATE \"de-x-icu\"", "chr(97 + i % 26) || i", "k"},
      {"k varchar(40)", "'c' || md5(i::text)", "k"},
      {"k char(12)", "'x' || i", "k"},
      {"k numeric", "i / 7.0", "k"},
      {"k timestamptz", "now() + i * interval '7 min'", "k"},
      {"k mood, l int", "(enum_range(NULL::mood))[1 + i % 3], i", "k, l"},
      {"k uuid, l text, m int2", "md5((i % 9)::text)::uuid, 'é' || i % 7, i", "k, l, m"},
      {"k int, l int8", "i % 3, -i", "k, l"},
  };
  return all;
}

void make(const test::test_database& db, const keyed& k) {
  db.sql(std::string{"DROP TABLE IF EXISTS t; CREATE TABLE t ("} + k.columns +
         ", n int NOT NULL DEFAULT 0, other int NOT NULL DEFAULT 0, PRIMARY KEY (" + k.key +
         ")); INSERT INTO t SELECT " + k.values + " FROM generate_series(1, 500) i; ANALYZE t");
}

// A run that stops at row `k` until the constraint goes.
void forbid(const test::test_database& db, int k) {
  db.sql("ALTER TABLE t ADD CONSTRAINT no CHECK (k <> " + std::to_string(k) +
         " OR n = 0) NOT VALID");
}

std::string stripes_of_ranges(const test::test_database& db) {
  return db.value("SELECT string_agg(stripes::text, ' ' ORDER BY number) FROM pawl.range");
}

}  // namespace

TEST_P(Job, InPassesChangesEachRowOnceUnderEveryKindOfKey) {
  const test::test_database db(version());
  db.sql("CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy')");
  for (const auto& k : keys()) {
    for (const int stripes : {2, 16}) {
      SCOPED_TRACE(std::string{k.columns} + " in passes: " + std::to_string(stripes));
      make(db, k);
      auto options = in_passes(stripes);
      options.restart = true;

      const auto end = run_job(db.url(), add_one, options);

      ASSERT_EQ(outcome(end), "done");
      EXPECT_EQ(db.value(not_once), "0");
      EXPECT_EQ(end.rows_changed, 500);
      EXPECT_EQ(end.rows_scanned, 500);
      EXPECT_EQ(
          db.value("SELECT max(stripes) FROM pawl.range WHERE run = " + std::to_string(end.run)),
          std::to_string(stripes));
    }
  }
}

TEST_P(Job, InPassesTellsRowsApartByTheBitsOfAnEvenKeyElseByAHash) {
  const test::test_database db(version());
  const auto function_for = [&](const char* values) {
    make(db, {"k int8", values, "k"});
    auto options = in_passes(4);
    options.restart = true;
    EXPECT_EQ(outcome(run_job(db.url(), add_one, options)), "done");
    return db.value(
        "SELECT split_part(stripe_function, ' ', 1) FROM pawl.range ORDER BY run DESC "
        "LIMIT 1");
  };
  EXPECT_EQ(function_for("i * 3"), "low-bits");
  EXPECT_EQ(function_for("i * 4"), "hash");
}

TEST_P(Job, WithoutAHashOfItsKeyIsDoneInOnePass) {
  const test::test_database db(version());
  make(db, {"k varbit", "i::bit(12)", "k"});

  const auto end = run_job(db.url(), add_one, in_passes(16));

  EXPECT_EQ(outcome(end), "done");
  EXPECT_EQ(db.value(not_once), "0");
  EXPECT_EQ(stripes_of_ranges(db), "1");
}

TEST_P(Job, ThatDeletesIsDoneInOnePass) {
  const test::test_database db(version());
  make(db, keys().front());

  const auto end = run_job(db.url(), "DELETE FROM t WHERE k > 100", in_passes(16));

  EXPECT_EQ(outcome(end), "done");
  EXPECT_EQ(db.value("SELECT count(*) FROM t"), "100");
  EXPECT_EQ(stripes_of_ranges(db), "1");
}

TEST_P(Job, InPassesKeepsWhatOthersWriteMeanwhile) {
  const test::test_database db(version());
  make(db, keys().front());
  test::session writer(db.url());
  int batches = 0;
  const auto write = [&](const event& e) {
    if (!std::holds_alternative<batch_committed>(e.body)) return;
    const auto n = std::to_string(++batches);
    writer.run("WITH free AS (SELECT k FROM t WHERE k % 7 = " + n +
               " % 7 FOR UPDATE SKIP LOCKED), "
               "written AS (UPDATE t SET other = other + 1 WHERE k IN (SELECT k FROM free) "
               "RETURNING k) INSERT INTO noted SELECT k FROM written");
  };
  db.sql("CREATE TABLE noted (k int8)");

  const auto end = run_job(db.url(), add_one, in_passes(8), write);

  ASSERT_EQ(outcome(end), "done");
  EXPECT_GT(batches, 8);
  EXPECT_EQ(db.value(not_once), "0");
  EXPECT_EQ(db.value("SELECT sum(other) FROM t"), db.value("SELECT count(*) FROM noted"));
}

TEST_P(Job, InPassesEndsUnderATransactionThatHoldsTheHorizon) {
  const test::test_database db(version());
  make(db, keys().front());
  test::session reader(db.url());
  reader.run("BEGIN ISOLATION LEVEL REPEATABLE READ");
  reader.run("SELECT count(*) FROM t");
  test::session writer(db.url());
  writer.run("BEGIN");
  writer.run("SELECT pg_current_xact_id()");

  const auto end = run_job(db.url(), add_one, in_passes(4));

  EXPECT_EQ(outcome(end), "done");
  reader.run("COMMIT");
  writer.run("COMMIT");
  EXPECT_EQ(db.value(not_once), "0");
  EXPECT_EQ(stripes_of_ranges(db), "4");
}

TEST_P(Job, InPassesIsHeldOnAServerThatHashesOtherwise) {
  const test::test_database db(version());
  make(db, {"k int8", "i * 4", "k"});
  forbid(db, 1000);
  auto options = in_passes(4);
  options.jobs = 1;
  ASSERT_TRUE(run_job(db.url(), add_one, options).cause);
  const auto changed = db.value("SELECT sum(n) FROM t");
  const auto function = db.value("SELECT stripe_function FROM pawl.range");
  db.sql(
      "ALTER TABLE t DROP CONSTRAINT no; ALTER TABLE pawl.range DISABLE TRIGGER USER; "
      "UPDATE pawl.range SET stripe_function = 'hash 1'");

  const auto refused = run_job(db.url(), add_one, options);

  ASSERT_TRUE(refused.cause);
  EXPECT_EQ(refused.cause->code, errc::target_changed);
  EXPECT_NE(outcome(refused).find("it was 1"), std::string::npos) << outcome(refused);
  EXPECT_NE(refused.cause->hint.find("--restart"), std::string::npos) << refused.cause->hint;
  EXPECT_EQ(db.value("SELECT sum(n) FROM t"), changed) << "the batch was rolled back";

  db.sql("UPDATE pawl.range SET stripe_function = '" + function + "'");
  EXPECT_EQ(outcome(run_job(db.url(), add_one, options)), "done");
  EXPECT_EQ(db.value(not_once), "0");
}

TEST_P(Job, ThatGoesOnInOtherPassesKeepsThoseOfRangesThatHaveBegun) {
  const test::test_database db(version());
  db.sql(
      "CREATE TABLE t (k int PRIMARY KEY, n int NOT NULL DEFAULT 0); "
      "INSERT INTO t SELECT i FROM generate_series(1, 70000) i; ANALYZE t");
  forbid(db, 30'000);
  auto options = in_passes(4);
  options.jobs = 1;
  options.batch_rows = 500;
  ASSERT_TRUE(run_job(db.url(), add_one, options).cause);
  ASSERT_EQ(stripes_of_ranges(db), "4");
  db.sql("ALTER TABLE t DROP CONSTRAINT no");

  options.stripes = 16;
  const auto end = run_job(db.url(), add_one, options);

  EXPECT_EQ(outcome(end), "done");
  EXPECT_EQ(stripes_of_ranges(db), "4 16");
  EXPECT_EQ(db.value(not_once), "0");
}

// Most of the rows of full pages find room in theirs: no figure of time, but what all is for.
TEST_P(Job, ThatChoosesItsPassesMakesMostUpdatesHot) {
  const test::test_database db(version());
  db.sql(
      "CREATE TABLE t (k int PRIMARY KEY, note text, code text, n int NOT NULL DEFAULT 0); "
      "CREATE INDEX ON t (code); INSERT INTO t SELECT i, repeat('x', 800), i::text FROM "
      "generate_series(1, 30000) i");
  db.sql("VACUUM ANALYZE t");
  run_options options;
  options.jobs = 2;
  options.host = "test";

  const auto end = run_job(db.url(), add_one, options);

  EXPECT_EQ(outcome(end), "done");
  EXPECT_EQ(db.value(not_once), "0");
  EXPECT_EQ(db.value("SELECT string_agg(DISTINCT stripes::text, ' ') FROM pawl.range"), "8");
  EXPECT_GT(end.rows_hot, end.rows_changed / 2);

  options.restart = true;
  const auto again = run_job(db.url(), "UPDATE t SET code = code || 'x'", options);
  EXPECT_EQ(outcome(again), "done");
  EXPECT_EQ(
      db.value("SELECT max(stripes) FROM pawl.range WHERE run = " + std::to_string(again.run)),
      "1");
}

}  // namespace pawl::run
