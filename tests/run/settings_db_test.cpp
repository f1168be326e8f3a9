// The user's expression means in a batch what it means to his own session.
#include <gtest/gtest.h>

#include "run/job_fixture.hpp"

namespace pawl::run {

namespace {

// A login role for one test, dropped with what it owns.
class own_role {
 public:
  own_role(const test::test_database& db, std::string name) : db_(db), name_(std::move(name)) {
    db_.sql("CREATE ROLE " + name_ + " LOGIN PASSWORD 'test'; GRANT CREATE ON DATABASE \"" +
            db_.name() + "\" TO " + name_ + "; GRANT CREATE, USAGE ON SCHEMA public TO " + name_);
  }
  own_role(const own_role&) = delete;
  own_role& operator=(const own_role&) = delete;
  ~own_role() { db_.sql("DROP OWNED BY " + name_ + " CASCADE; DROP ROLE " + name_); }

  std::string url() const { return db_.url_as(name_, "test"); }

 private:
  const test::test_database& db_;
  std::string name_;
};

}  // namespace

TEST_P(Job, ReadsDatesAndTimesAsTheRolesOwnSessionDoes) {
  const test::test_database db(version());
  const own_role clerk(db, "clerk");
  db.sql(
      "ALTER ROLE clerk SET TimeZone = 'Asia/Kathmandu'; ALTER ROLE clerk SET DateStyle = "
      "'German, DMY'; ALTER ROLE clerk SET IntervalStyle = 'sql_standard'; "
      "ALTER ROLE clerk SET bytea_output = 'escape'");
  test::sql(clerk.url(),
            "CREATE TABLE t (at timestamptz PRIMARY KEY, shown text, expected text);"
            "INSERT INTO t SELECT '2020-01-01Z'::timestamptz + i * interval '7 h' "
            "FROM generate_series(1, 200) i;"
            "UPDATE t SET expected = at::text || at::date || '02/03/2021'::date || "
            "(at - '2019-01-01'::timestamptz)::text || '\\x00ff'::bytea::text; ANALYZE t");
  const auto end = run_job(clerk.url(),
                           "UPDATE t SET shown = at::text || at::date || '02/03/2021'::date || "
                           "(at - '2019-01-01'::timestamptz)::text || '\\x00ff'::bytea::text;");
  ASSERT_EQ(outcome(end), "done");
  EXPECT_EQ(end.rows_changed, 200);
  EXPECT_EQ(db.value("SELECT count(*) FROM t WHERE shown = expected"), "200");
}

TEST_P(Job, LimitsABatchAsTheFlagTheFileAndTheRestSay) {
  const test::test_database db(version());
  db.sql(
      "CREATE TABLE t (id int PRIMARY KEY, said text); INSERT INTO t SELECT generate_series(1, "
      "20)");
  const std::string update =
      "UPDATE t SET said = current_setting('lock_timeout') || ' ' || "
      "current_setting('statement_timeout')";
  const auto said = [&](const std::string& file, const run_options& o) {
    db.sql("DROP SCHEMA IF EXISTS pawl CASCADE");
    EXPECT_EQ(outcome(run_job(db.url(), file + update, o)), "done");
    return db.value("SELECT string_agg(DISTINCT said, ',') FROM t");
  };
  auto o = small_batches();
  EXPECT_EQ(said("", o), "2s 30s");
  o.lock_timeout_default = std::chrono::milliseconds{3'000};
  o.statement_timeout_default = std::chrono::milliseconds{40'000};
  EXPECT_EQ(said("", o), "3s 40s");
  EXPECT_EQ(said("-- pawl:timeout lock=4s\n", o), "4s 40s");
  o.lock_timeout = std::chrono::milliseconds{5'000};
  EXPECT_EQ(said("-- pawl:timeout lock=4s statement=50s\n", o), "5s 50s");
}

TEST_P(Job, SetsWhatTheFileSaysForTriggersAndTheRole) {
  const test::test_database db(version());
  const own_role owner(db, "owner_of_t");
  db.sql(
      "CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL DEFAULT 0, who text, by text);"
      "ALTER TABLE t OWNER TO owner_of_t; INSERT INTO t SELECT generate_series(1, 50);"
      "CREATE FUNCTION sign() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
      "NEW.who = current_setting('app.user_id'); NEW.by = current_user; RETURN NEW; END $$;"
      "CREATE TRIGGER sign BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION sign()");
  const auto end = run_job(db.url(),
                           "-- pawl:set app.user_id='it''s 42'\n-- pawl:set role=owner_of_t\n"
                           "UPDATE t SET n = n + 1;");
  ASSERT_EQ(outcome(end), "done");
  EXPECT_EQ(db.value("SELECT count(*) FROM t WHERE n = 1 AND who = 'it''s 42' AND by = "
                     "'owner_of_t'"),
            "50");
}

TEST_P(Job, DisablesTriggersForTheStatementAlone) {
  const test::test_database db(version());
  db.sql(
      "CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL DEFAULT 0);"
      "INSERT INTO t SELECT generate_series(1, 50);"
      "CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$;"
      "CREATE TRIGGER stop BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION stop()");
  const auto end =
      run_job(db.url(), "-- pawl:set session_replication_role=replica\nUPDATE t SET n = n + 1;");
  ASSERT_EQ(outcome(end), "done");
  EXPECT_EQ(db.value("SELECT count(*) FROM t WHERE n = 1"), "50");
}

TEST_P(Job, RefusesATableWhoseRowsAPolicyHides) {
  const test::test_database db(version());
  const own_role reader(db, "reader_of_t");
  db.sql(
      "CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL DEFAULT 0);"
      "INSERT INTO t SELECT generate_series(1, 50); ALTER TABLE t ENABLE ROW LEVEL SECURITY;"
      "CREATE POLICY part_of_it ON t USING (id > 10); GRANT SELECT, UPDATE ON t TO reader_of_t");
  const auto end = run_job(reader.url(), "UPDATE t SET n = n + 1;");
  ASSERT_TRUE(end.cause);
  EXPECT_EQ(end.cause->code, errc::row_security) << outcome(end);
  EXPECT_NE(end.cause->message.find("reader_of_t"), std::string::npos) << outcome(end);
  EXPECT_EQ(db.value("SELECT sum(n) FROM t"), "0");
}

}  // namespace pawl::run
