// What a statement reads without naming it: functions, operators, casts, defaults, triggers and
// foreign keys that lead back to the table that it changes. Each is run both ways, and nothing of
// it may be taken for safe.
#include <gtest/gtest.h>

#include "run/job_fixture.hpp"

namespace pawl::run {

namespace {

constexpr const char* tables = R"(
  DROP TABLE IF EXISTS t, s, lookup, archive, counted, comp, node, parted CASCADE;
  DROP CAST IF EXISTS (money AS box);
  CREATE TABLE t (id int PRIMARY KEY, grp int, name text, val int, total bigint);
  INSERT INTO t SELECT i, i % 20, 'n' || i % 200, i, NULL FROM generate_series(1, 300) i;
  CREATE TABLE s (k bigint PRIMARY KEY, w text);
  INSERT INTO s SELECT i, 'w' || i FROM generate_series(1, 100) i;
  CREATE TABLE lookup (grp int PRIMARY KEY, label text);
  INSERT INTO lookup SELECT i, 'L' || i FROM generate_series(0, 19) i;
  CREATE TABLE archive (id int, name text);
  CREATE TABLE counted (k int PRIMARY KEY, n int NOT NULL DEFAULT 0, w text);
  INSERT INTO counted SELECT i, 1, NULL FROM generate_series(1, 50) i;
  CREATE TABLE comp (id int PRIMARY KEY, pair lookup);
  CREATE TABLE node (id int PRIMARY KEY, up int REFERENCES node, w int);
  INSERT INTO node SELECT i, CASE WHEN i > 1 THEN i - 1 END, 0 FROM generate_series(1, 100) i;
  CREATE OR REPLACE VIEW named AS SELECT id, name FROM t;
  CREATE OR REPLACE FUNCTION peak(t) RETURNS int LANGUAGE sql STABLE AS 'SELECT max(val) FROM t';
  CREATE OR REPLACE FUNCTION highest() RETURNS int LANGUAGE sql STABLE AS 'SELECT max(val) FROM t';
  CREATE OR REPLACE FUNCTION once_removed() RETURNS int LANGUAGE sql STABLE AS 'SELECT highest()';
  CREATE OR REPLACE FUNCTION twice_removed() RETURNS int LANGUAGE sql STABLE
    AS 'SELECT once_removed()';
  CREATE OR REPLACE FUNCTION above(int, int) RETURNS int LANGUAGE sql STABLE
    AS 'SELECT $1 + $2 + max(val) FROM t';
  DROP OPERATOR IF EXISTS @+ (int, int);
  CREATE OPERATOR @+ (LEFTARG = int, RIGHTARG = int, FUNCTION = above);
  CREATE OR REPLACE FUNCTION all_counted() RETURNS int LANGUAGE plpgsql VOLATILE
    AS 'BEGIN RETURN (SELECT count(*) FROM counted); END';
  ANALYZE)";

constexpr const char* digest =
    "SELECT md5(concat((SELECT string_agg(r::text, ';' ORDER BY r::text) FROM t r), '/',"
    "(SELECT string_agg(r::text, ';' ORDER BY r::text) FROM archive r), '/',"
    "(SELECT string_agg(r::text, ';' ORDER BY r::text) FROM comp r), '/',"
    "(SELECT string_agg(r::text, ';' ORDER BY r::text) FROM node r), '/',"
    "(SELECT string_agg(r::text, ';' ORDER BY r::text) FROM counted r)))";

struct shape {
  std::string sql;
  std::string strategy;  // its beginning
  std::string before{};  // made first
};

const std::string once = "computed once";
const std::string whole = "one statement";
const std::string sequence = "DROP SEQUENCE IF EXISTS q; CREATE SEQUENCE q";
// Rows above 50 refer to those 50 below; no key yet.
const std::string parted =
    "DROP TABLE node; CREATE TABLE node (id int PRIMARY KEY, up int, w int) PARTITION BY RANGE "
    "(id);"
    "CREATE TABLE node_low PARTITION OF node FOR VALUES FROM (0) TO (50);"
    "CREATE TABLE node_high PARTITION OF node FOR VALUES FROM (50) TO (1000);"
    "INSERT INTO node SELECT i, CASE WHEN i > 60 THEN i - 50 END FROM generate_series(1, 90) i; "
    "ANALYZE node;";

const std::vector<shape>& shapes() {
  static const std::vector<shape> all = {
      {"UPDATE t SET val = val + t.peak", once},
      {"UPDATE t SET val = val + (t).peak", once},
      {"UPDATE t SET val = val + twice_removed()", once},
      {"UPDATE t SET val = val @+ 1", once},
      {"UPDATE t SET val = val + 1", once,
       "CREATE OR REPLACE FUNCTION seen(money) RETURNS box LANGUAGE sql STABLE AS "
       "'SELECT box(point(0, 0), point(max(val), 1)) FROM t'; "
       "CREATE CAST (money AS box) WITH FUNCTION seen(money)"},
      {"INSERT INTO archive (id) SELECT t.count FROM t", once},
      {"INSERT INTO archive SELECT (SELECT max(t.id)), 'x' FROM t", once},
      {"INSERT INTO archive SELECT grp, count(*)::text FROM t GROUP BY GROUPING SETS ((grp), ())",
       once},
      {"UPDATE t SET total = r.id FROM (WITH RECURSIVE r AS (SELECT 1 id UNION ALL SELECT id + 1 "
       "FROM r WHERE id < 100) SELECT id FROM r) r WHERE r.id = t.id",
       once},
      {"INSERT INTO counted (k) SELECT id FROM t WHERE id <= 80 ON CONFLICT (k) DO UPDATE SET n = "
       "counted.n + all_counted()",
       whole},
      {"INSERT INTO counted (k) SELECT id FROM t WHERE id <= 40 ON CONFLICT (k) DO UPDATE SET k = "
       "counted.k + 100",
       whole},
      {"INSERT INTO counted (k, w) SELECT id + 100, name FROM t", whole,
       "ALTER TABLE counted ALTER n SET DEFAULT all_counted()"},
      {"INSERT INTO comp (id, pair.label) SELECT id, name FROM t", whole},
      {"MERGE INTO counted c USING s ON c.k = s.k WHEN MATCHED THEN UPDATE SET w = s.w WHEN NOT "
       "MATCHED THEN INSERT (k, w) VALUES (s.k, s.w)",
       "ranges of"},
      {"MERGE INTO counted c USING s ON c.k = s.k WHEN MATCHED THEN UPDATE SET w = s.w WHEN NOT "
       "MATCHED THEN INSERT (k, w) VALUES (s.k, s.w)",
       whole, "ALTER TABLE s ALTER k TYPE numeric USING k + 60.2"},
      {"MERGE INTO counted c USING lookup l ON c.k = l.grp WHEN MATCHED THEN UPDATE SET n = n + 1 "
       "WHEN NOT MATCHED THEN INSERT (k) VALUES (l.grp)",
       whole,
       "CREATE OR REPLACE FUNCTION moves() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.k := "
       "NEW.k + 1000; RETURN NEW; END'; CREATE TRIGGER moves BEFORE INSERT ON counted FOR EACH ROW "
       "EXECUTE FUNCTION moves()"},
      {"WITH moved AS (DELETE FROM t WHERE val < 100 RETURNING id) INSERT INTO archive SELECT "
       "moved.id, named.name FROM moved JOIN named ON named.id = moved.id + 100",
       whole},
      {"UPDATE t SET val = lookup.grp FROM lookup WHERE lookup.grp = t.grp", once,
       "CREATE OR REPLACE FUNCTION told() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN UPDATE lookup "
       "SET label = label || 1 WHERE grp = NEW.grp; RETURN NEW; END'; CREATE TRIGGER told AFTER "
       "UPDATE ON t FOR EACH ROW EXECUTE FUNCTION told()"},
      {"UPDATE t SET val = val + 1", whole,
       "CREATE OR REPLACE FUNCTION adds() RETURNS int LANGUAGE sql AS 'UPDATE t SET total = "
       "coalesce(total, 0) + val WHERE id = 300 RETURNING 1'; CREATE OR REPLACE FUNCTION told() "
       "RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF NEW.id <> 300 THEN PERFORM adds(); END IF; "
       "RETURN NULL; END'; CREATE TRIGGER told AFTER UPDATE OF val ON t FOR EACH ROW EXECUTE "
       "FUNCTION told()"},
      {"DELETE FROM node WHERE id > 20", whole},
      {"INSERT INTO node (id, up) SELECT 500 - id, CASE WHEN id < 300 THEN 499 - id END FROM t",
       whole},
      {"INSERT INTO node (id) SELECT id + 500 FROM t", "ranges of"},
      {"UPDATE node SET w = up", "ranges of"},
  };
  return all;
}

// What leads back by a name that is written otherwise, by a partition's own key, by a sequence.
const std::vector<shape>& odd_shapes() {
  static const std::vector<shape> all = {
      {"UPDATE t SET val = (SELECT last_value FROM q) WHERE nextval('q') > 0", once, sequence},
      {"MERGE INTO counted c USING s ON c.k = s.k WHEN MATCHED THEN UPDATE SET n = (SELECT "
       "nextval('q'))",
       whole, sequence},
      {"UPDATE t SET val = val + 1", whole,
       "CREATE OR REPLACE FUNCTION told() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF NEW.id <> "
       "300 THEN UPDATE U&\"\\0074\" SET total = coalesce(total, 0) + val WHERE id = 300; END IF; "
       "RETURN NULL; END'; CREATE TRIGGER told AFTER UPDATE OF val ON t FOR EACH ROW EXECUTE "
       "FUNCTION told()"},
      {"UPDATE t SET total = next_total()", whole,
       "CREATE OR REPLACE FUNCTION next_total() RETURNS bigint LANGUAGE sql AS 'SELECT "
       "coalesce(max(total), 0) + 1 FROM t'"},
      {"UPDATE t SET total = next_total()", whole,
       "CREATE OR REPLACE FUNCTION next_total() RETURNS bigint LANGUAGE plpgsql AS 'DECLARE n "
       "bigint; "
       "BEGIN EXECUTE ''SELECT coalesce(max(total), 0) + 1 FROM '' || ''t'' INTO n; RETURN n; "
       "END'"},
      {"UPDATE t SET val = val + 1", "ranges of",
       "CREATE OR REPLACE FUNCTION later() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO "
       "archive VALUES (NEW.val, current_setting(''search_path'')); RETURN NULL; END'; CREATE "
       "CONSTRAINT TRIGGER later AFTER UPDATE ON t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW "
       "EXECUTE FUNCTION later()"},
      {"DELETE FROM node WHERE up IS NULL", once,
       parted +
           "ALTER TABLE node_high ADD FOREIGN KEY (up) REFERENCES node_low ON DELETE SET NULL"},
      {"DELETE FROM node WHERE id > 30", whole,
       parted +
           "UPDATE node SET up = id - 1; ALTER TABLE node_high ADD FOREIGN KEY (up) REFERENCES "
           "node"},
  };
  return all;
}

void prepare(const test::test_database& db, const shape& s) {
  db.sql("DROP SCHEMA IF EXISTS pawl CASCADE");
  db.sql(tables);
  if (!s.before.empty()) db.sql(s.before);
}

errc refusal_of(const std::string& url, const std::string& sql) {
  const auto end = run_job(url, sql, one_connection());
  return end.cause ? end.cause->code : errc::internal;
}

}  // namespace

TEST_P(Job, ThatReadsMoreThanItNamesGivesWhatTheOneStatementGives) {
  const test::test_database db(version());
  std::vector<shape> all = shapes();
  all.insert(all.end(), odd_shapes().begin(), odd_shapes().end());
  for (const auto& s : all) {
    SCOPED_TRACE(s.sql);
    prepare(db, s);
    db.sql(s.sql);
    const auto expected = db.value(digest);
    prepare(db, s);
    std::string strategy;

    const auto end = run_job(db.url(), s.sql, small_batches(), [&](const event& e) {
      if (const auto* opened = std::get_if<run_opened>(&e.body)) strategy = opened->strategy;
    });

    ASSERT_EQ(outcome(end), "done");
    EXPECT_EQ(db.value(digest), expected);
    EXPECT_TRUE(strategy.starts_with(s.strategy)) << strategy;
  }
}

// Which query an aggregate belongs to the text does not tell; the server's plan does.
TEST_P(Job, IsNotDividedWhereTheServerTakesItsRowsTogether) {
  const test::test_database db(version());
  db.sql(tables);

  EXPECT_EQ(refusal_of(db.url(),
                       "INSERT INTO archive SELECT (SELECT max(t.id) FROM lookup LIMIT 1), 'x' "
                       "FROM t"),
            errc::marker_needed);
  EXPECT_EQ(db.value("SELECT count(*) FROM archive"), "0");
  EXPECT_EQ(db.value("SELECT count(*) FROM pawl.run"), "0");
  const auto correlated = run_job(
      db.url(),
      "INSERT INTO archive SELECT (SELECT max(l.grp) FROM lookup l WHERE l.grp <= t.grp), 'x' FROM "
      "t");
  EXPECT_EQ(outcome(correlated), "done") << "an aggregate of its own subquery is no obstacle";
}

// The same on a table that is too large for one statement: refused, with the way out.
TEST_P(Job, IsRefusedWhereNothingIsSafe) {
  const test::test_database db(version());
  db.sql(tables);
  db.sql(
      "ALTER TABLE node ADD pad text; INSERT INTO node SELECT i, 1, 0, repeat('x', 1000) FROM "
      "generate_series(1000, 11000) i; ANALYZE node");

  EXPECT_EQ(refusal_of(db.url(), "DELETE FROM node WHERE id > 20"), errc::marker_needed);
  EXPECT_EQ(refusal_of(db.url(),
                       "MERGE INTO node n USING node o ON n.id = o.id WHEN MATCHED THEN UPDATE SET "
                       "w = (SELECT max(w) FROM node)"),
            errc::marker_needed);
  EXPECT_EQ(refusal_of(
                db.url(),
                "DO $$ BEGIN LOOP UPDATE node SET pad = 'y' WHERE up IN (SELECT up FROM "
                "node WHERE pad IS NULL LIMIT 100); EXIT WHEN NOT FOUND; COMMIT; END LOOP; END $$"),
            errc::not_a_job);
  db.sql("CREATE RULE kept AS ON DELETE TO node DO ALSO INSERT INTO archive VALUES (OLD.id)");
  EXPECT_EQ(refusal_of(db.url(), "UPDATE node SET w = 1"), errc::target_unusable);
  EXPECT_EQ(db.value("SELECT count(*) FROM node WHERE w <> 0"), "0");
}

// Batched against their nature, as a marker can ask for, these come to something else.
TEST_P(Job, ThatReadsMoreThanItNamesWouldGiveSomethingElseInBatches) {
  const test::test_database db(version());
  const std::vector<shape> naive = {
      {"UPDATE t SET val = val + t.peak WHERE /* pawl:range */ true", "table=t key=t.id"},
      {"UPDATE t SET val = val + twice_removed() WHERE /* pawl:range */ true", "table=t key=id"},
      {"UPDATE t SET val = val @+ 1 WHERE /* pawl:range */ true", "table=t key=id"},
      {"INSERT INTO archive SELECT (SELECT max(t.id) FROM lookup LIMIT 1), 'x' FROM t WHERE "
       "/* pawl:range */ true",
       "table=t key=t.id"},
      {"UPDATE t SET val = val + 1 WHERE /* pawl:range */ true", "table=t key=id",
       "CREATE OR REPLACE FUNCTION told() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF NEW.id <> "
       "300 THEN UPDATE t SET total = coalesce(total, 0) + val WHERE id = 300; END IF; RETURN "
       "NULL; END'; CREATE TRIGGER told AFTER UPDATE OF val ON t FOR EACH ROW EXECUTE FUNCTION "
       "told()"},
  };
  for (const auto& s : naive) {
    SCOPED_TRACE(s.sql);
    prepare(db, s);
    db.sql(s.sql);
    const auto expected = db.value(digest);
    prepare(db, s);

    const auto end =
        run_job(db.url(), "-- pawl:batch naive " + s.strategy + "\n" + s.sql, one_connection());

    ASSERT_EQ(outcome(end), "done");
    EXPECT_NE(db.value(digest), expected);
  }
}

TEST_P(Job, CannotDeleteInBatchesWhatRefersToWhatIsLeft) {
  const test::test_database db(version());
  db.sql(tables);
  const auto end = run_job(db.url(),
                           "-- pawl:batch naive table=node key=id\nDELETE FROM node WHERE id > 20 "
                           "AND /* pawl:range */ true",
                           one_connection());

  ASSERT_TRUE(end.cause);
  EXPECT_EQ(end.cause->sqlstate, "23503") << outcome(end);
}

}  // namespace pawl::run
