// What is changed twice and what is not: pending predicates, sweeps, checks, the user's settings.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/job_files.hpp"
#include "support/pawl_process.hpp"
#include "support/server.hpp"

namespace pawl::test {
namespace {

using testing::HasSubstr;

// 1,000 rows; every change of a row is written to `changes`, behind the fact, by a trigger.
class Sweep : public on_each_version {
 protected:
  void SetUp() override {
    on_each_version::SetUp();
    if (IsSkipped()) {
      return;
    }
    db_ = std::make_unique<test_database>(version());
    db_->sql(R"(
      CREATE TABLE t (id int PRIMARY KEY, bal int NOT NULL, price numeric(12, 2), a int, b int,
                      cur text, code text, n int NOT NULL DEFAULT 0, active boolean);
      INSERT INTO t SELECT i, i, i, NULL, i, CASE WHEN i % 10 > 0 THEN 'eur' END, NULL, 0, true
        FROM generate_series(1, 1000) i;
      CREATE TABLE changes (id int);
      CREATE FUNCTION note_change() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN INSERT INTO changes VALUES (NEW.id); RETURN NULL; END';
      CREATE TRIGGER note AFTER UPDATE ON t FOR EACH ROW EXECUTE FUNCTION note_change();)");
  }

  outcome run(const std::string& text) {
    return run_pawl({"run", folder_.write("job.sql", text), "--batch-size", "50"},
                    {{"DATABASE_URL", db_->url()}});
  }
  void expect_each_row_changed_once() {
    EXPECT_EQ(db_->value("SELECT count(*) FROM changes"), "1000");
    EXPECT_EQ(db_->value("SELECT count(DISTINCT id) FROM changes"), "1000");
  }

  job_folder folder_;
  std::unique_ptr<test_database> db_;
};
PAWL_ON_EACH_VERSION(Sweep);

TEST_P(Sweep, NeverTouchesARowTwiceWhoseWhereStaysTrue) {
  for (const std::string statement :
       {"UPDATE t SET bal = bal + 1 WHERE active",
        "UPDATE t SET price = price * 1.1 WHERE price <> price * 1.1",
        "UPDATE t SET a = b, b = a WHERE active",
        "UPDATE t SET code = upper(cur), n = n + 1 WHERE code IS NULL"}) {
    SCOPED_TRACE(statement);
    db_->sql("DROP SCHEMA IF EXISTS pawl CASCADE; TRUNCATE changes");

    const auto end = run(statement + ";\n");

    EXPECT_EQ(end.exit_code, 0) << end.err << end.out;
    expect_each_row_changed_once();
  }
}

TEST_P(Sweep, LeavesRowsThatStayPendingAloneAndCountsThem) {
  const auto end = run("UPDATE t SET code = upper(cur) WHERE code IS NULL;\n");

  EXPECT_EQ(end.exit_code, 0) << end.err << end.out;
  EXPECT_THAT(end.out, HasSubstr("100 rows still match after their change"));
  EXPECT_EQ(db_->value("SELECT rows_stay FROM pawl.run"), "100");
  expect_each_row_changed_once();
}

TEST_P(Sweep, FindsRowsThatWereInsertedBehindTheBoundWhenRunAgain) {
  EXPECT_EQ(run("UPDATE t SET code = upper(cur) WHERE code IS NULL;\n").exit_code, 0);
  db_->sql("INSERT INTO t (id, bal, cur) SELECT i, 0, 'usd' FROM generate_series(2001, 2500) i");
  db_->sql("UPDATE t SET code = NULL WHERE id = 5");

  const auto end = run("UPDATE t SET code = upper(cur) WHERE code IS NULL;\n");

  EXPECT_EQ(end.exit_code, 0) << end.err << end.out;
  EXPECT_EQ(db_->value("SELECT count(*) FROM t WHERE code IS DISTINCT FROM upper(cur)"), "0");
  EXPECT_EQ(db_->value("SELECT count(*) FROM changes"), "1502") << "1,000 + 500 + two of row 5";
}

TEST_P(Sweep, SaysDoneOnlyWhenTheJobsCheckHolds) {
  const std::string job = "UPDATE t SET n = n + 1 WHERE id <> 77;\n-- pawl:verify\n";

  const auto end =
      run(job + "SELECT count(*) = 0 FROM t WHERE n <> 1 AND /* pawl:range */ true;\n");

  EXPECT_EQ(end.exit_code, 7);
  EXPECT_THAT(end.out, HasSubstr("PAWL-700"));
  EXPECT_EQ(db_->value("SELECT state FROM pawl.run"), "failed");
  db_->sql("UPDATE t SET n = 1 WHERE id = 77");
  const auto again =
      run(job + "SELECT count(*) = 0 FROM t WHERE n <> 1 AND /* pawl:range */ true;\n");
  EXPECT_EQ(again.exit_code, 0) << again.err << again.out;
  EXPECT_EQ(db_->value("SELECT count(*) FROM changes"), "1000") << "999 changes and the mending";
}

TEST_P(Sweep, RunsTheStatementUnderTheRolesOwnSettings) {
  const auto role = "pawl_" + db_->name();
  db_->sql("CREATE ROLE " + role + " LOGIN SUPERUSER PASSWORD 'x'");
  db_->sql("ALTER ROLE " + role + " SET TimeZone = 'Asia/Tokyo'");
  db_->sql("ALTER ROLE " + role + " SET DateStyle = 'German, DMY'");
  const std::string expression = "timestamptz '2020-06-01 12:00+00' || ' ' || date '02.03.2020'";
  const auto url = db_->url_as(role, "x");
  const auto wanted = sql_value(url, "SELECT " + expression);

  const auto file =
      folder_.write("job.sql", "-- pawl:set app.user_id=42\nUPDATE t SET code = " + expression +
                                   " || current_setting('app.user_id');\n");
  const auto end = run_pawl({"run", file}, {{"DATABASE_URL", url}});

  EXPECT_EQ(end.exit_code, 0) << end.err << end.out;
  EXPECT_EQ(db_->value("SELECT DISTINCT code FROM t"), wanted + "42");
  db_->sql("DROP OWNED BY " + role + " CASCADE; DROP ROLE " + role);
}

TEST_P(Sweep, KeepsWhatAnotherSessionChangesWhileABatchWaits) {
  for (const std::string join : {"nestloop", "hashjoin", "mergejoin"}) {
    SCOPED_TRACE(join);
    db_->sql("DROP SCHEMA IF EXISTS pawl CASCADE; UPDATE t SET bal = id, n = 0, b = 0");
    session other(db_->url());
    other.run("BEGIN");
    other.run("UPDATE t SET bal = bal + 1000, b = 7 WHERE id IN (3, 500, 1000)");
    const auto file =
        folder_.write("job.sql", "-- pawl:timeout lock=20s\n-- pawl:set enable_" + join +
                                     "=off\nUPDATE t SET n = n + 1, "
                                     "bal = bal * 2 WHERE id IN (SELECT g FROM "
                                     "generate_series(1, 1000) g);\n");

    auto runner = start_pawl({"run", file, "--jobs", "1"}, {{"DATABASE_URL", db_->url()}});
    ASSERT_TRUE(wait_until(db_->url(), "EXISTS (SELECT FROM pg_locks WHERE NOT granted)"));
    other.run("COMMIT");
    const auto end = runner.wait();

    EXPECT_EQ(end.exit_code, 0) << end.err << end.out;
    EXPECT_EQ(db_->value("SELECT count(*) FROM t WHERE n <> 1"), "0");
    EXPECT_EQ(db_->value("SELECT count(*) FROM t WHERE b = 7 AND bal = (id + 1000) * 2"), "3");
    EXPECT_EQ(db_->value("SELECT count(*) FROM t WHERE b = 0 AND bal = id * 2"), "997");
  }
}

TEST_P(Sweep, StopsWhenTheTableIsReplacedUnderTheRun) {
  session other(db_->url());
  other.run("BEGIN; SELECT FROM t WHERE id = 1000 FOR UPDATE");
  const auto file = folder_.write("job.sql", "UPDATE t SET n = n + 1;\n");
  auto runner = start_pawl({"run", file, "--batch-size", "10", "--jobs", "1"},
                           {{"DATABASE_URL", db_->url()}});
  ASSERT_TRUE(wait_until(db_->url(), "EXISTS (SELECT FROM pg_locks WHERE NOT granted)"));

  other.run("ALTER TABLE t ALTER n TYPE bigint; COMMIT");
  const auto end = runner.wait();

  EXPECT_EQ(end.exit_code, 6) << end.err << end.out;
  EXPECT_THAT(end.out, HasSubstr("PAWL-608"));
}

}  // namespace
}  // namespace pawl::test
