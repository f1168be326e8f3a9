// Every form of batch, waiting for rows that another session has changed: it looks at them again as
// they are then. None is left out, none is done twice, and the other session's change stays. Plain
// and marked statements are in contention_db_test.cpp.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "run/job_fixture.hpp"

namespace pawl::run {

namespace {

// `changes` tells, apart from pawl's own count, who changed or deleted which row of t.
constexpr auto make =
    "CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL DEFAULT 0, other int NOT NULL DEFAULT 0,"
    " val int, name text, code text NOT NULL DEFAULT 'eur', label text);"
    "INSERT INTO t (id, name) SELECT i, 'n' || (i + 1) / 2 FROM generate_series(1, 100) i;"
    "CREATE TABLE rate (id int PRIMARY KEY, add int NOT NULL);"
    "INSERT INTO rate SELECT i, 1 FROM generate_series(1, 105) i;"
    "CREATE TABLE copied (id int UNIQUE, other int);"
    "CREATE TABLE changes (id int, made_by text);"
    "CREATE FUNCTION note_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    "INSERT INTO public.changes VALUES (OLD.id, current_setting('application_name'));"
    "RETURN NULL; END $$;"
    "CREATE TRIGGER note_change AFTER UPDATE OR DELETE ON t "
    "FOR EACH ROW EXECUTE FUNCTION note_change(); ANALYZE";

constexpr auto changes_of_pawl =
    "SELECT concat_ws(' ', count(*), count(DISTINCT id)) FROM changes WHERE made_by LIKE 'pawl/%'";

// Changes rows and keeps that uncommitted until somebody waits for it.
class other_session {
 public:
  explicit other_session(const test::test_database& db) : url_(db.url()), session_(url_) {}
  other_session(const other_session&) = delete;
  other_session& operator=(const other_session&) = delete;

  void hold(const std::string& changes, const std::string& end = "COMMIT") {
    session_.run("BEGIN; " + changes);
    ending_ = std::jthread([this, end] {
      waited_for_ = test::wait_until(url_, "EXISTS (SELECT FROM pg_stat_activity WHERE " +
                                               std::to_string(session_.pid()) +
                                               " = ANY (pg_blocking_pids(pid)))");
      session_.run(end);
    });
  }
  // Whether anybody waited; asked once the run has ended.
  bool was_waited_for() {
    if (ending_.joinable()) ending_.join();
    return waited_for_;
  }

 private:
  std::string url_;
  test::session session_;
  bool waited_for_ = false;
  std::jthread ending_;  // the last member, so that it ends before what it uses
};

struct waiting_case {
  const char* job;
  const char* theirs;
  const char* strategy;  // how it begins: whether the form is the one that is meant
  const char* look;      // a query of one value
  const char* finds;
  std::int64_t rows_changed;
  const char* changes;  // of rows of t by pawl, and of how many rows
  bool joins;           // to be tried under each join method
};

// Row 50 no longer matches `other < 9`, the others still do.
constexpr auto changed_rows =
    "UPDATE t SET other = CASE id WHEN 50 THEN 9 ELSE 5 END, n = n + 10 "
    "WHERE id IN (1, 3, 50, 51, 100)";

// For what was computed before: a row that is gone is passed over.
constexpr auto changed_and_deleted =
    "UPDATE t SET other = 5, n = n + 10 WHERE id IN (1, 3, 51, 100); DELETE FROM t WHERE id = 50";

// Rows done by pawl alone, by both, by the other session alone, and inserted.
constexpr auto sums =
    "SELECT concat_ws(' ', count(*) FILTER (WHERE n = 1 AND other = 0),"
    " count(*) FILTER (WHERE n = 11 AND other = 5),"
    " count(*) FILTER (WHERE n = 10 AND other = 9), count(*) FILTER (WHERE n = 100)) FROM t";

constexpr auto update_from =
    "UPDATE t SET n = t.n + r.add FROM rate AS r WHERE r.id = t.id AND t.other < 9";
constexpr auto insert_or_nothing =
    "INSERT INTO copied (id, other) SELECT id, other FROM t ON CONFLICT DO NOTHING";

constexpr waiting_case cases[] = {
    {update_from, changed_rows, "ranges of", sums, "95 4 1 0", 99, "99 99", true},
    {"DELETE FROM t USING rate AS r WHERE r.id = t.id AND t.other < 9", changed_rows, "ranges of",
     "SELECT string_agg(id || ':' || other, ' ') FROM t", "50:9", 99, "99 99", true},
    {"UPDATE t SET val = r.n FROM (SELECT id, row_number() OVER (ORDER BY id DESC) n FROM t) r "
     "WHERE r.id = t.id",
     changed_and_deleted, "computed once",
     "SELECT concat_ws(' ', count(*), count(val), count(*) FILTER (WHERE val = 101 - id),"
     " count(*) FILTER (WHERE n = 10 AND other = 5)) FROM t",
     "99 99 99 4", 99, "99 99", true},
    // Divided as it stands, a nested loop over its source would leave out rows that it waited for.
    {"UPDATE t SET name = 'x' WHERE id IN (SELECT id FROM rate UNION ALL SELECT 500)",
     changed_and_deleted, "computed once",
     "SELECT concat_ws(' ', count(*), count(*) FILTER (WHERE name = 'x'),"
     " count(*) FILTER (WHERE n = 10 AND other = 5)) FROM t",
     "99 99 4", 99, "99 99", true},
    {"DELETE FROM t a USING t b WHERE a.name = b.name AND a.id > b.id",
     "UPDATE t SET other = 5 WHERE id IN (1, 2, 50, 100); DELETE FROM t WHERE id = 52",
     "computed once", "SELECT concat_ws(' ', count(*), sum(id % 2), sum(other)) FROM t", "50 50 5",
     49, "49 49", true},
    {"MERGE INTO t USING rate AS r ON t.id = r.id WHEN MATCHED AND t.other < 9 THEN UPDATE SET "
     "n = t.n + r.add WHEN NOT MATCHED THEN INSERT (id, n) VALUES (r.id, 100)",
     changed_rows, "ranges of", sums, "95 4 1 5", 104, "99 99", true},
    {"WITH moved AS (DELETE FROM t WHERE other < 9 RETURNING id, other) "
     "INSERT INTO copied SELECT id, other FROM moved",
     changed_rows, "ranges of",
     "SELECT concat_ws(' ', (SELECT string_agg(id || ':' || other, ',') FROM t), count(*),"
     " count(DISTINCT id), sum(other)) FROM copied",
     "50:9 99 99 20", 99, "99 99", false},
    {insert_or_nothing, "INSERT INTO copied VALUES (1, 77), (50, 77), (100, 77)", "ranges of",
     "SELECT concat_ws(' ', count(*), count(*) FILTER (WHERE other = 77)) FROM copied", "100 3", 97,
     "0 0", false},
};

// Each leaves one join method to the planner.
std::vector<std::string> settings_of(const waiting_case& c) {
  if (!c.joins) return {""};
  return {"-- pawl:set enable_hashjoin=off\n-- pawl:set enable_mergejoin=off\n",
          "-- pawl:set enable_nestloop=off\n-- pawl:set enable_mergejoin=off\n",
          "-- pawl:set enable_nestloop=off\n-- pawl:set enable_hashjoin=off\n"};
}

void expect_looked_at_again(int version, const waiting_case& c, const std::string& settings) {
  SCOPED_TRACE(settings + c.job);
  const test::test_database db(version);
  db.sql(make);
  other_session other(db);
  other.hold(c.theirs);
  std::string strategy;

  const auto end = run_job(db.url(), settings + c.job, small_batches(), [&](const event& e) {
    if (const auto* opened = std::get_if<run_opened>(&e.body)) strategy = opened->strategy;
  });

  EXPECT_TRUE(other.was_waited_for());
  ASSERT_EQ(outcome(end), "done");
  EXPECT_TRUE(strategy.starts_with(c.strategy)) << strategy;
  EXPECT_EQ(db.value(c.look), c.finds);
  EXPECT_EQ(end.rows_changed, c.rows_changed);
  EXPECT_EQ(db.value(changes_of_pawl), c.changes);
}

}  // namespace

TEST_P(Job, LooksAgainAtRowsThatAnotherSessionChangedWhileABatchWaited) {
  for (const auto& c : cases) {
    for (const auto& settings : settings_of(c)) {
      expect_looked_at_again(version(), c, settings);
      if (HasFatalFailure()) return;
    }
  }
}

TEST_P(Job, DoesAllRowsWhenTheOtherSessionTakesItsChangeBack) {
  struct attempt {
    const char* job;
    const char* theirs;
    const char* look;
  };
  for (const attempt& a :
       {attempt{update_from, changed_rows, "SELECT count(*) FROM t WHERE n = 1 AND other = 0"},
        attempt{insert_or_nothing, "INSERT INTO copied VALUES (1, 77), (50, 77)",
                "SELECT count(*) FROM copied WHERE other = 0"}}) {
    SCOPED_TRACE(a.job);
    const test::test_database db(version());
    db.sql(make);
    other_session other(db);
    other.hold(a.theirs, "ROLLBACK");

    const auto end = run_job(db.url(), a.job);

    EXPECT_TRUE(other.was_waited_for());
    ASSERT_EQ(outcome(end), "done");
    EXPECT_EQ(db.value(a.look), "100");
    EXPECT_EQ(end.rows_changed, 100);
  }
}

TEST_P(Job, SweepsRowsThatAnotherSessionChangedWhileTheSweepWaited) {
  const test::test_database db(version());
  db.sql(make);
  other_session other(db);
  bool swept = false;

  const auto end = run_job(
      db.url(), "UPDATE t SET label = upper(code) WHERE label IS NULL;", small_batches(),
      [&](const event& e) {
        const auto* changed = std::get_if<state_changed>(&e.body);
        if (swept || changed == nullptr || changed->state != run_state::verifying) return;
        swept = true;
        db.sql("UPDATE t SET label = NULL WHERE id IN (1, 3, 50, 51, 100)");
        other.hold(
            "UPDATE t SET other = 5, code = 'usd', label = CASE id WHEN 50 THEN 'theirs' END "
            "WHERE id IN (1, 3, 50, 51, 100)");
      });

  EXPECT_TRUE(other.was_waited_for());
  ASSERT_EQ(outcome(end), "done");
  EXPECT_EQ(db.value("SELECT count(*) FROM t WHERE label = 'EUR' AND other = 0"), "95");
  EXPECT_EQ(db.value("SELECT count(*) FROM t WHERE label = 'USD' AND other = 5"), "4");
  EXPECT_EQ(db.value("SELECT id FROM t WHERE label = 'theirs' AND other = 5"), "50");
  EXPECT_EQ(end.rows_changed, 104);
  EXPECT_EQ(db.value(changes_of_pawl), "104 100") << "the four rows of the sweep twice";
}

}  // namespace pawl::run
