// Loops of an author's own in DO blocks: run as a job, each gives what the loop gives; one that
// would not is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "run/job_fixture.hpp"

namespace pawl::run {

namespace {

using ::testing::HasSubstr;

constexpr const char* tables = R"(
  DROP SCHEMA IF EXISTS pawl CASCADE;
  DROP TABLE IF EXISTS t, log, parts CASCADE; DROP SEQUENCE IF EXISTS q; CREATE SEQUENCE q;
  CREATE TABLE t (id int PRIMARY KEY, code int UNIQUE, grp int, name text, note text);
  INSERT INTO t SELECT i, nullif(i, 7), i % 20, 'n' || i % 200 FROM generate_series(1, 600) i;
  CREATE TABLE log (a int);
  DROP TABLE IF EXISTS kept, made, stamped CASCADE;
  CREATE TABLE kept (id int PRIMARY KEY, note text);
  INSERT INTO kept SELECT i FROM generate_series(1, 300) i;
  CREATE OR REPLACE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN IF OLD.id <= 30 THEN RETURN NULL; END IF; RETURN OLD; END';
  CREATE OR REPLACE FUNCTION keep_as_is() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN IF OLD.id <= 30 THEN RETURN NULL; END IF; RETURN NEW; END';
  CREATE TRIGGER keep BEFORE DELETE ON kept FOR EACH ROW EXECUTE FUNCTION keep();
  CREATE TRIGGER keep_as_is BEFORE UPDATE ON kept FOR EACH ROW EXECUTE FUNCTION keep_as_is();
  CREATE TABLE stamped (id int PRIMARY KEY, note text, at timestamptz DEFAULT 'epoch');
  INSERT INTO stamped SELECT i FROM generate_series(1, 300) i;
  CREATE OR REPLACE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN NEW.at = ''2026-01-01''; RETURN NEW; END';
  CREATE TRIGGER stamp BEFORE UPDATE ON stamped FOR EACH ROW EXECUTE FUNCTION stamp();
  CREATE TABLE made (id int PRIMARY KEY, a int, x int GENERATED ALWAYS AS (least(a + 1, 5)) STORED);
  INSERT INTO made SELECT i, i % 6 FROM generate_series(1, 300) i;
  CREATE TABLE parts (id int PRIMARY KEY, note text) PARTITION BY RANGE (id);
  CREATE TABLE low PARTITION OF parts FOR VALUES FROM (0) TO (300);
  CREATE TABLE high PARTITION OF parts FOR VALUES FROM (300) TO (1000);
  INSERT INTO parts SELECT i, CASE WHEN i < 300 THEN 'kept' END FROM generate_series(1, 600) i;
  CREATE OR REPLACE FUNCTION noted() RETURNS bigint LANGUAGE sql STABLE AS
    'SELECT count(*) FROM t WHERE note IS NOT NULL';
  ANALYZE)";

constexpr const char* digest =
    "SELECT md5(concat((SELECT string_agg(r::text, ';' ORDER BY r::text) FROM t r), '/',"
    "(SELECT string_agg(r::text, ';' ORDER BY r::text) FROM parts r), '/',"
    "(SELECT string_agg(r::text, ';' ORDER BY r::text) FROM kept r), '/',"
    "(SELECT string_agg(r::text, ';' ORDER BY r::text) FROM stamped r), '/',"
    "(SELECT string_agg(r::text, ';' ORDER BY r::text) FROM made r)))";

std::string loop_of(const std::string& round) {
  return "DO $$ DECLARE n int; BEGIN LOOP " + round +
         "; GET DIAGNOSTICS n = ROW_COUNT; EXIT WHEN n = 0; RAISE NOTICE '%', n; COMMIT; END LOOP; "
         "END $$;";
}

}  // namespace

TEST_P(Job, OfAnAuthorsLoopGivesWhatTheLoopGives) {
  const test::test_database db(version());
  const std::vector<std::string> rounds = {
      "UPDATE t SET note = upper(name) WHERE id IN (SELECT id FROM t WHERE note IS NULL LIMIT 100)",
      "UPDATE t SET note = grp WHERE id = ANY (ARRAY(SELECT id FROM t WHERE note IS NULL AND grp < "
      "9 ORDER BY id LIMIT 30 FOR UPDATE SKIP LOCKED)) AND note IS NULL",
      "UPDATE t SET name = 'done' WHERE id IN (SELECT id FROM t WHERE name = 'n5' LIMIT 2)",
      "UPDATE stamped SET note = 'x' WHERE id IN (SELECT id FROM stamped WHERE note IS NULL LIMIT "
      "50)",
      "DELETE FROM t WHERE ctid IN (SELECT ctid FROM t WHERE grp = 3 LIMIT 10)",
      "WITH b AS (SELECT id FROM t WHERE note IS NULL LIMIT 50) UPDATE t SET note = 'x' FROM b "
      "WHERE t.id = b.id",
      "UPDATE parts SET note = 'new' WHERE id IN (SELECT id FROM parts WHERE note IS NULL LIMIT "
      "100)",
      "UPDATE t o SET name = 'done' WHERE o.id IN (SELECT x.id FROM t AS x WHERE (x.name = 'n5' OR "
      "x.name = 'n6') AND x.name IN ('n5', 'n6') AND x.grp < 15 ORDER BY x.grp LIMIT 2 FOR UPDATE "
      "OF x SKIP LOCKED)",
      "WITH batch AS (SELECT x.id AS pk FROM t x WHERE x.grp = 4 LIMIT 10 FOR UPDATE SKIP LOCKED) "
      "DELETE FROM t WHERE id = ANY (SELECT pk FROM batch)",
      "WITH batch AS (SELECT id FROM t WHERE note IS NULL LIMIT 50) UPDATE t SET note = id WHERE "
      "id IN (SELECT b.id FROM batch b)",
      "UPDATE t SET note = lower(name) FROM (SELECT x.id FROM t x WHERE x.note IS NULL AND x.grp < "
      "9 LIMIT 50) b WHERE t.id = b.id",
      "DELETE FROM t USING (SELECT id FROM t WHERE grp = 5 ORDER BY id LIMIT 7) AS b WHERE b.id = "
      "t.id"};
  for (const auto& round : rounds) {
    SCOPED_TRACE(round);
    db.sql(tables);
    db.sql(loop_of(round));
    const auto expected = db.value(digest);
    db.sql(tables);

    const auto end = run_job(db.url(), loop_of(round), small_batches());

    ASSERT_EQ(outcome(end), "done");
    EXPECT_EQ(db.value(digest), expected);
  }
}

// Rows whose new value leaves the condition as it is are changed again; so are those of the one
// statement, once.
TEST_P(Job, OfALoopThatEndsOnAShortRoundGivesWhatTheLoopGives) {
  const test::test_database db(version());
  const std::string declared = "DECLARE n int; size CONSTANT int := 100; BEGIN <<again>> LOOP ";
  const std::string round =
      "UPDATE t SET note = nullif(name, 'n7') WHERE id IN (SELECT id FROM t WHERE note IS NULL "
      "LIMIT size); GET DIAGNOSTICS n = ROW_COUNT; COMMIT; ";
  const std::vector<std::string> loops = {
      declared + round + "EXIT again WHEN n < size; END LOOP again; END",
      "<<blk>> " + declared + round + "IF n < 100 THEN EXIT again; END IF; END LOOP; END blk"};
  for (const auto& loop : loops) {
    SCOPED_TRACE(loop);
    db.sql(tables);
    db.sql("DO $$ " + loop + " $$");
    const auto expected = db.value(digest);
    db.sql(tables);

    const auto end = run_job(db.url(), "DO $$ " + loop + " $$;", small_batches());

    ASSERT_EQ(outcome(end), "done");
    EXPECT_EQ(db.value(digest), expected);
  }

  db.sql(tables);
  db.sql(
      "CREATE OR REPLACE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO "
      "log VALUES (NEW.id); RETURN NULL; END'; CREATE TRIGGER tell AFTER UPDATE ON t FOR EACH ROW "
      "EXECUTE FUNCTION tell()");
  const auto end = run_job(db.url(), "DO $$ " + loops.front() + " $$;", small_batches());

  ASSERT_TRUE(end.cause);
  EXPECT_EQ(end.cause->code, errc::not_a_job);
  EXPECT_THAT(end.cause->message, HasSubstr("trigger tell may fire more than once"));
}

// The rounds come to something else than the one statement, or need not come to the same.
TEST_P(Job, OfALoopWhoseRoundsDependOnEachOtherIsRefused) {
  const test::test_database db(version());
  struct loop {
    const char* round;
    const char* one;
    const char* why;
  };
  const std::vector<loop> loops = {
      {"UPDATE t SET note = noted() WHERE id IN (SELECT id FROM t WHERE note IS NULL LIMIT 100)",
       "UPDATE t SET note = noted() WHERE note IS NULL", "function noted"},
      {"DELETE FROM t WHERE id IN (SELECT id FROM t WHERE nextval('q') % 3 = 0 LIMIT 100)",
       "DELETE FROM t WHERE nextval('q') % 3 = 0", "another value in each round"},
      {"DELETE FROM t WHERE code IN (SELECT code FROM t WHERE grp = 7 LIMIT 100)",
       "DELETE FROM t WHERE grp = 7", "may be NULL"},
      {"UPDATE t SET note = 'x' WHERE grp IN (SELECT grp FROM t WHERE note IS NULL AND id < 10 "
       "LIMIT 3)",
       "UPDATE t SET note = 'x' WHERE note IS NULL AND id < 10", "not known to be unique"},
      {"UPDATE parts SET note = 'new' WHERE ctid IN (SELECT ctid FROM parts WHERE note IS NULL "
       "LIMIT 50)",
       "UPDATE parts SET note = 'new' WHERE note IS NULL", "several partitions"},
      {"DELETE FROM kept WHERE id IN (SELECT id FROM kept WHERE id < 100 ORDER BY id LIMIT 20)",
       "DELETE FROM kept WHERE id < 100", "trigger keep"},
      {"UPDATE kept SET note = 'x' WHERE id IN (SELECT id FROM kept WHERE note IS NULL ORDER BY id "
       "LIMIT 20)",
       "UPDATE kept SET note = 'x' WHERE note IS NULL", "trigger keep_as_is"},
      {"UPDATE made SET a = x WHERE id IN (SELECT id FROM made WHERE a <> x LIMIT 20)",
       "UPDATE made SET a = x WHERE a <> x", "no ordinary column"},
      {"WITH b AS (SELECT id AS pk FROM t WHERE grp = 3 LIMIT 5) DELETE FROM t WHERE id IN (SELECT "
       "id FROM b)",
       "DELETE FROM t WHERE grp = 3", "read otherwise"},
      {"DELETE FROM t WHERE id IN (SELECT x.id FROM t x WHERE t.grp = 3 LIMIT 5)",
       "DELETE FROM t WHERE grp = 3", "not of its own table"},
  };
  for (const auto& l : loops) {
    SCOPED_TRACE(l.round);
    db.sql(tables);
    db.sql(loop_of(l.round));
    const auto as_written = db.value(digest);
    db.sql(tables);
    db.sql(l.one);
    EXPECT_NE(db.value(digest), as_written);
    db.sql(tables);

    const auto end = run_job(db.url(), loop_of(l.round), small_batches());

    ASSERT_TRUE(end.cause);
    EXPECT_EQ(end.cause->code, errc::not_a_job);
    EXPECT_THAT(end.cause->message, HasSubstr(l.why));
  }
}

}  // namespace pawl::run
