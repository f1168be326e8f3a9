// What is swept and what must never be; what a run says that it verified.
#include <gtest/gtest.h>

#include "run/job_fixture.hpp"

namespace pawl::run {

namespace {

// 100 rows, and a log of every update that was made.
void make_table(const test::test_database& db) {
  db.sql(
      "CREATE TABLE t (id int PRIMARY KEY, a int, b int, price numeric, code text, cur text,"
      " n int NOT NULL DEFAULT 0, active boolean NOT NULL DEFAULT true);"
      "INSERT INTO t SELECT i, i, -i, i, NULL, 'eur' FROM generate_series(1, 100) i;"
      "CREATE TABLE seen (id int);"
      "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
      "INSERT INTO public.seen VALUES (NEW.id); RETURN NULL; END $$;"
      "CREATE TRIGGER note AFTER UPDATE ON t FOR EACH ROW EXECUTE FUNCTION note()");
}

void expect_each_once(const test::test_database& db, const std::string& rows = "100") {
  EXPECT_EQ(db.value("SELECT count(*) FROM seen"), rows);
  EXPECT_EQ(db.value("SELECT count(DISTINCT id) FROM seen"), rows);
}

constexpr auto late_row = "INSERT INTO t (id, a, cur) VALUES (1000, 1, 'usd'), (-1000, 1, 'usd')";

}  // namespace

TEST_P(Job, SweepsNoStatementWhoseConditionItsChangeDoesNotSettle) {
  for (const auto* statement :
       {"UPDATE t SET n = n + 1 WHERE active;",
        "UPDATE t SET price = price * 1.1 WHERE price <> price * 1.1;",
        "UPDATE t SET a = b, b = a WHERE a <> b;",
        "UPDATE t SET code = NULLIF(upper(cur), 'EUR'), n = n + 1 WHERE code IS NULL;",
        "UPDATE t SET a = a + 1 WHERE a IS DISTINCT FROM a + 1;",
        "UPDATE t SET code = nextval('s')::text WHERE code IS DISTINCT FROM nextval('s')::text;"}) {
    SCOPED_TRACE(statement);
    const test::test_database db(version());
    make_table(db);
    db.sql("CREATE SEQUENCE s");
    const auto end = run_job(db.url(), statement);
    ASSERT_EQ(outcome(end), "done");
    expect_each_once(db);
    EXPECT_EQ(end.rows_changed, 100);
    EXPECT_EQ(end.rows_stay, 0);
  }
}

TEST_P(Job, ReportsTheRowsThatStayPendingAndLeavesThemAlone) {
  const test::test_database db(version());
  make_table(db);
  db.sql("UPDATE t SET cur = NULL WHERE id % 10 = 0; TRUNCATE seen");
  const auto end = run_job(db.url(), "UPDATE t SET code = upper(cur) WHERE code IS NULL;");
  ASSERT_EQ(outcome(end), "done");
  expect_each_once(db);
  EXPECT_EQ(end.rows_stay, 10);
  EXPECT_NE(end.verification.find("10 rows still match"), std::string::npos) << end.verification;
  EXPECT_EQ(db.value("SELECT count(*) FROM t WHERE code = 'EUR'"), "90");
}

TEST_P(Job, SweepsRowsInsertedOutsideOfItsBoundsMeanwhile) {
  const test::test_database db(version());
  make_table(db);
  const auto end = run_job(db.url(), "UPDATE t SET code = upper(cur) WHERE code IS NULL;",
                           one_connection(), once_committed([&] { db.sql(late_row); }));
  ASSERT_EQ(outcome(end), "done");
  EXPECT_EQ(db.value("SELECT count(*) FROM t WHERE code = 'USD'"), "2");
  expect_each_once(db, "102");
}

TEST_P(Job, SweepsUnderATriggerThatLeavesTheConditionAlone) {
  struct trigger {
    std::string body;
    bool sweeps;
  };
  const std::vector<trigger> triggers = {
      {"NEW.n := OLD.n + 1; RETURN NEW;", true},
      {"NEW.code := NULL; RETURN NEW;", false},
      {"IF NEW.n < 0 THEN RETURN NULL; END IF; RETURN NEW;", false},
      {"RETURN OLD;", false}};
  for (const auto& t : triggers) {
    SCOPED_TRACE(t.body);
    const test::test_database db(version());
    make_table(db);
    db.sql("CREATE FUNCTION before() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN " + t.body +
           " END $$; CREATE TRIGGER before BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION "
           "before()");
    const auto end = run_job(db.url(), "UPDATE t SET code = upper(cur) WHERE code IS NULL;",
                             one_connection(), once_committed([&] { db.sql(late_row); }));
    ASSERT_EQ(outcome(end), "done");
    expect_each_once(db, t.sweeps ? "102" : "100");
  }
}

TEST_P(Job, LeavesRowsInsertedMeanwhileAloneWithoutAPendingPredicate) {
  const test::test_database db(version());
  make_table(db);
  const auto end = run_job(db.url(), "UPDATE t SET n = n + 1 WHERE code IS NULL;", one_connection(),
                           once_committed([&] { db.sql(late_row); }));
  ASSERT_EQ(outcome(end), "done");
  expect_each_once(db);
}

TEST_P(Job, SweepsByThePendingDirective) {
  const test::test_database db(version());
  make_table(db);
  const auto end = run_job(db.url(), "-- pawl:pending n < 1\nUPDATE t SET n = n + 1 WHERE active;",
                           one_connection(), once_committed([&] { db.sql(late_row); }));
  ASSERT_EQ(outcome(end), "done");
  EXPECT_EQ(db.value("SELECT count(*) FROM t WHERE n = 1"), "102");
  expect_each_once(db, "102");
}

TEST_P(Job, ChecksTheJobsOwnQuery) {
  struct check {
    const char* query;
    bool holds;
  };
  for (const check& c :
       {check{"SELECT count(*) = 100 FROM t WHERE n = 1", true},
        check{"SELECT count(*) = 99 FROM t WHERE n = 1", false},
        check{"SELECT bool_and(n = 1) FROM t WHERE /* pawl:range */ true", true},
        check{"SELECT n = 1 AND id <> 57 FROM t WHERE /* pawl:range */ true", false},
        check{"SELECT NULL::boolean", false}}) {
    SCOPED_TRACE(c.query);
    const test::test_database db(version());
    make_table(db);
    const auto end = run_job(
        db.url(), "UPDATE t SET n = n + 1;\n-- pawl:verify\n" + std::string{c.query} + ";\n");
    expect_each_once(db);
    if (c.holds) {
      EXPECT_EQ(outcome(end), "done");
      continue;
    }
    ASSERT_TRUE(end.cause);
    EXPECT_EQ(end.cause->code, errc::verification_failed) << outcome(end);
    EXPECT_EQ(exit_code_of(end.cause->code), 7);
    EXPECT_NE(end.state, run_state::done);
    EXPECT_NE(db.value("SELECT state FROM pawl.run"), "done");
  }
}

}  // namespace pawl::run
