// `pawl plan`: what it says, and that it changes nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/job_files.hpp"
#include "support/pawl_process.hpp"
#include "support/server.hpp"

namespace pawl::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class Plan : public on_each_version {
 protected:
  outcome plan(const test_database& db, std::vector<std::string> args) {
    args.insert(args.begin(), "plan");
    return run_pawl(std::move(args), {{"DATABASE_URL", db.url()}});
  }
};
PAWL_ON_EACH_VERSION(Plan);

constexpr const char* has_ledger = "SELECT to_regnamespace('pawl') IS NOT NULL";

TEST_P(Plan, ShowsTheWayTheBatchAndWhatItTouches) {
  const test_database db(version());
  const job_folder folder;
  db.sql(acct_rows);
  db.sql("CREATE TABLE kind (id int PRIMARY KEY); ALTER TABLE acct ADD kind int REFERENCES kind");
  const auto file = folder.write("fill.sql", "UPDATE acct SET kind = 1 WHERE kind IS NULL;\n");

  const auto end = plan(db, {file});

  EXPECT_EQ(end.exit_code, 0) << end.err;
  for (const char* text :
       {"public.acct, ~60.0k rows", "by key (id) by public.acct_pkey",
        "because    each row is changed by its own columns alone", "about 1 range", "duration",
        "WAL", "HOT        possible", "ROW EXCLUSIVE on public.acct", "KEY SHARE on the rows of",
        "found by the sweep", "UPDATE public.acct AS acct SET kind = 1 WHERE (kind IS NULL) AND",
        "-- $1 = ", "Index Scan using acct_pkey"}) {
    EXPECT_THAT(end.out, HasSubstr(text));
  }
  EXPECT_EQ(db.value(has_ledger), "f");
}

TEST_P(Plan, GivesTheSameAsJson) {
  const test_database db(version());
  const job_folder folder;
  db.sql(acct_rows);
  folder.write("a.sql", "UPDATE acct SET note = 'x' WHERE note IS NULL;\n");
  folder.write("b.sql",
               "UPDATE acct SET balance = r.n FROM (SELECT id, rank() OVER (ORDER BY id) n FROM "
               "acct) r WHERE r.id = acct.id;\n");
  folder.write("notes.txt", "no job");

  const auto end = plan(db, {folder.path().string(), "--json"});

  ASSERT_EQ(end.exit_code, 0) << end.err;
  const auto line = end.out.find('\n');
  const auto a = nlohmann::json::parse(end.out.substr(0, line));
  const auto b = nlohmann::json::parse(end.out.substr(line + 1));
  EXPECT_EQ(a["schema"], "pawl.plan/1");
  EXPECT_EQ(a["strategy"], "target-key");
  EXPECT_EQ(a["rows"], 60000);
  EXPECT_EQ(a["key"], nlohmann::json::array({"id"}));
  EXPECT_GT(a["forecast"]["wal_bytes"]["high"], a["forecast"]["wal_bytes"]["low"]);
  EXPECT_EQ(b["strategy"], "snapshot");
  EXPECT_THAT(b["computed_once"].get<std::string>(), HasSubstr("rank() OVER"));
  EXPECT_THAT(b["batch"].get<std::string>(), HasSubstr("FROM pawl.work_table AS pawl_w"));
}

TEST_P(Plan, MeasuresByASampleThatIsRolledBack) {
  const test_database db(version());
  const job_folder folder;
  db.sql(acct_rows);
  const auto file = folder.write("add.sql", add_one);

  const auto end = plan(db, {file, "--sample", "4", "--json"});

  ASSERT_EQ(end.exit_code, 0) << end.err;
  const auto sample = nlohmann::json::parse(end.out)["sample"];
  EXPECT_EQ(sample["batches"], 4);
  EXPECT_EQ(sample["rows_changed"], 4000);
  EXPECT_GT(sample["seconds"]["high"], 0);
  EXPECT_GT(sample["wal_bytes"]["low"], 60000 * 50);
  EXPECT_EQ(db.value("SELECT sum(balance) FROM acct"), "0");
  EXPECT_EQ(db.value(has_ledger), "f");
}

TEST_P(Plan, RefusesBatchesThatReadTheWholeTable) {
  const test_database db(version());
  const job_folder folder;
  db.sql(acct_rows);
  db.sql("UPDATE acct SET note = repeat('x', 500); ANALYZE acct");
  const auto file =
      folder.write("scan.sql",
                   "-- pawl:set enable_indexscan=off\n-- pawl:set enable_bitmapscan=off\n"
                   "UPDATE acct SET balance = 1;\n");

  const auto planned = plan(db, {file});
  EXPECT_EQ(planned.exit_code, 6) << planned.out;
  EXPECT_THAT(planned.err, HasSubstr("would read all of public.acct for each batch"));
  const auto run = run_pawl({"run", file}, {{"DATABASE_URL", db.url()}});

  EXPECT_EQ(run.exit_code, 6) << run.out;
  EXPECT_THAT(run.err, HasSubstr("would read all of public.acct for each batch"));
  EXPECT_EQ(db.value("SELECT sum(balance) FROM acct"), "0");
}

TEST_P(Plan, SaysWhatIsRefused) {
  const test_database db(version());
  const job_folder folder;
  db.sql(
      "CREATE TABLE bare (a int); CREATE TABLE src (k int, a int); CREATE TABLE big (k int, n "
      "text); INSERT INTO big SELECT i, repeat('x', 1000) FROM generate_series(1, 20000) i; "
      "ANALYZE");
  db.enlarge("bare", "{}");
  const auto no_key = folder.write("bare.sql", "UPDATE bare SET a = 1;\n");
  const auto merge = folder.write(
      "merge.sql",
      "MERGE INTO big USING src ON big.k = src.k + 1 WHEN MATCHED THEN UPDATE SET n = 'y';\n");

  const auto own = folder.write("own.sql", "UPDATE pawl.event SET kind = 'x';\n");
  db.sql("CREATE SCHEMA pawl; CREATE TABLE pawl.event (id int PRIMARY KEY, kind text)");
  EXPECT_THAT(plan(db, {own}).err, HasSubstr("a table of pawl's own"));
  const auto refused = plan(db, {no_key});
  EXPECT_EQ(refused.exit_code, 6);
  EXPECT_THAT(refused.err, HasSubstr("PAWL-601"));
  const auto open = plan(db, {merge});

  EXPECT_EQ(open.exit_code, 2) << open.out;
  EXPECT_THAT(open.err, HasSubstr("PAWL-204"));
  EXPECT_THAT(open.err, HasSubstr("could match what another batch wrote"));
}

TEST_P(Plan, TakesAFolderOfJobs) {
  const test_database db(version());
  const job_folder folder;
  db.sql(acct_rows);
  folder.write("b.sql", "UPDATE acct SET balance = 2;\n");
  folder.write("a.sql", add_one);
  const auto jobs = folder.path().string();

  const auto both = plan(db, {jobs});
  EXPECT_EQ(both.exit_code, 0) << both.err;
  EXPECT_LT(both.out.find("pawl plan  a"), both.out.find("pawl plan  b"));
  std::filesystem::create_directories(jobs + "/none");
  EXPECT_EQ(plan(db, {jobs + "/none"}).exit_code, 2);
  EXPECT_THAT(plan(db, {jobs + "/none"}).err, HasSubstr("holds no *.sql"));
  std::filesystem::create_directories(jobs + "/none/20260101000000_add_a_to_b");
  std::ofstream(jobs + "/none/20260101000000_add_a_to_b/migration.sql")
      << "ALTER TABLE b ADD a int;";
  EXPECT_THAT(plan(db, {jobs + "/none"}).err, HasSubstr("holds migrations, no job files"));
}

TEST_P(Plan, TellsAtOnceWhatTheServerDoesNotTake) {
  const test_database db(version());
  const job_folder folder;
  db.sql(acct_rows);
  for (const char* sql : {"UPDATE acct SET nowhere = 1;\n", "UPDATE acct SET balance = nowhere;\n",
                          "UPDATE acct SET balance = nowhere WHERE id = 1;\n",
                          "UPDATE acct SET balance = (SELECT max(nowhere) FROM acct);\n"}) {
    const auto file = folder.write("wrong.sql", sql);
    const auto planned = plan(db, {file});
    const auto run = run_pawl({"run", file}, {{"DATABASE_URL", db.url()}});

    EXPECT_NE(planned.exit_code, 0) << sql;
    EXPECT_THAT(planned.err, HasSubstr("wrong.sql:")) << sql;
    EXPECT_EQ(run.exit_code, planned.exit_code) << sql << run.err;
    EXPECT_THAT(run.err, HasSubstr("\"nowhere\"")) << sql;
    EXPECT_THAT(run.err, HasSubstr("42703")) << sql;
  }
}

TEST_P(Plan, KnowsARunByItsName) {
  const test_database db(version());
  const job_folder folder;
  db.sql(acct_rows);
  const auto file = folder.write("add.sql", add_one);
  ASSERT_EQ(run_pawl({"run", file}, {{"DATABASE_URL", db.url()}}).exit_code, 0);

  EXPECT_THAT(plan(db, {"add"}).out, HasSubstr("pawl plan  add"));
  EXPECT_EQ(plan(db, {"nothing"}).exit_code, 2);
}

}  // namespace
}  // namespace pawl::test
