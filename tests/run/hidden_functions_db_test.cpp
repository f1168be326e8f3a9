// Functions that a statement does not name: those of views, of triggers, and of what triggers write
// to; and functions whose reading cannot be seen: by a text, or in C. Each is run both ways, and
// where batches would have given something else, that is shown too.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "run/job_fixture.hpp"

namespace pawl::run {

namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* tables = R"(
  DROP SCHEMA IF EXISTS pawl, hidden CASCADE;
  CREATE SCHEMA hidden;
  SET search_path = hidden;
  CREATE TABLE t (id int PRIMARY KEY, grp int, val int, total bigint, note text, words tsvector,
                  changed_at timestamp);
  INSERT INTO t SELECT i, i % 20, i FROM generate_series(1, 100) i;
  CREATE TABLE s (k int PRIMARY KEY, w int);
  INSERT INTO s SELECT i, 0 FROM generate_series(1, 100) i;
  CREATE TABLE lookup (grp int PRIMARY KEY, label text);
  INSERT INTO lookup SELECT i, 'L' || i FROM generate_series(0, 19) i;
  CREATE TABLE log (id int, val int);
  CREATE TABLE kid (id int REFERENCES t ON DELETE CASCADE);
  INSERT INTO kid SELECT id FROM t;
  CREATE INDEX ON kid (id);
  CREATE TABLE pt (id int PRIMARY KEY, val int, total bigint) PARTITION BY RANGE (id);
  CREATE TABLE pt1 PARTITION OF pt FOR VALUES FROM (0) TO (99);
  CREATE TABLE pt2 PARTITION OF pt FOR VALUES FROM (99) TO (101);
  INSERT INTO pt SELECT id, val FROM t;
  CREATE FUNCTION highest() RETURNS int LANGUAGE sql STABLE AS 'SELECT max(val) FROM t';
  CREATE FUNCTION above(int, int) RETURNS int LANGUAGE sql STABLE
    AS 'SELECT $1 + $2 + max(val) FROM t';
  CREATE OPERATOR @+ (LEFTARG = int, RIGHTARG = int, FUNCTION = above);
  CREATE VIEW tops AS SELECT grp, highest() AS top FROM lookup;
  CREATE VIEW higher AS SELECT grp, top + 1 AS top FROM tops;
  CREATE VIEW by_operator AS SELECT grp, grp @+ 1 AS top FROM lookup;
  CREATE VIEW by_text AS SELECT grp, (xpath('//top/text()',
      query_to_xml('SELECT max(val) AS top FROM t', true, true, '')))[1]::text::int AS top
    FROM lookup;
  CREATE VIEW drawn AS SELECT grp, gen_random_uuid()::text AS label FROM lookup;
  CREATE VIEW plain AS SELECT grp, upper(label) || length(label) AS label FROM lookup;
  CREATE VIEW shown AS SELECT id, val FROM t;
  CREATE VIEW per_group AS SELECT k % 20 AS grp, count(*) AS n FROM s GROUP BY 1;
  CREATE VIEW over_groups AS SELECT grp, n + 1 AS n FROM per_group;
  CREATE VIEW ranked AS SELECT grp, rank() OVER (ORDER BY label) AS n FROM lookup;
  CREATE VIEW few AS SELECT grp, 1 AS n FROM lookup ORDER BY grp LIMIT 5;
  CREATE VIEW different AS SELECT DISTINCT k % 20 AS grp, 1 AS n FROM s;
  CREATE VIEW sampled AS SELECT grp, 1 AS n FROM lookup TABLESAMPLE system (100);
  CREATE VIEW united AS SELECT grp, 1 AS "union" FROM lookup;
  CREATE VIEW written AS SELECT k, w FROM s;
  CREATE VIEW kids AS SELECT id FROM kid;
  ANALYZE)";

constexpr const char* digest =
    "SELECT md5(concat((SELECT string_agg(r::text, ';' ORDER BY r::text) FROM hidden.t r), '/',"
    "(SELECT string_agg(r::text, ';' ORDER BY r::text) FROM hidden.log r), '/',"
    "(SELECT string_agg(r::text, ';' ORDER BY r::text) FROM hidden.pt r), '/',"
    "(SELECT string_agg(r::text, ';' ORDER BY r::text) FROM hidden.s r)))";

struct shape {
  std::string sql;
  std::string strategy;  // its beginning
  std::string before{};  // made first
  std::string naive{};   // the key by which batches give something else; none if they would not
};

const std::string once = "computed once";
const std::string whole = "one statement";
const std::string ranges = "ranges of";

constexpr const char* plus_one = "UPDATE t SET val = val + 1 WHERE /* pawl:range */ true";

// A function and a trigger of `table` that runs it.
std::string trigger(const std::string& table, const std::string& when, const std::string& body,
                    const std::string& name = "fired") {
  return "CREATE FUNCTION " + name + "() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN " + body +
         " END $f$; CREATE TRIGGER " + name + " " + when + " ON " + table +
         " FOR EACH ROW EXECUTE FUNCTION " + name + "();";
}

const std::string sums_up =
    "IF NEW.id <> 100 THEN UPDATE t SET total = coalesce(total, 0) + val WHERE id = 100; END IF; "
    "RETURN NULL;";

std::string replaced(std::string text, const std::string& part, const std::string& by) {
  return text.replace(text.find(part), part.size(), by);
}

void prepare(const test::test_database& db, const std::string& before) {
  db.sql(std::string{tables} + ";" + before);
}

// To the database of the test itself, `name=value` each.
std::string own_connection(const test::test_database& db, int version, const std::string& is = "=",
                           const std::string& then = " ") {
  const auto server = test::address_of(version);
  return "host" + is + server.socket_folder + then + "port" + is + std::to_string(server.port) +
         then + "dbname" + is + db.name();
}

// Without its marker.
std::string plain(std::string sql) {
  for (const std::string marker : {" WHERE /* pawl:range */ true", " AND /* pawl:range */ true"}) {
    if (const auto at = sql.find(marker); at != sql.npos) sql.erase(at, marker.size());
  }
  return sql;
}

std::string after_one_statement(const test::test_database& db, const shape& s) {
  prepare(db, s.before);
  db.sql("SET search_path = hidden; " + s.sql);
  return db.value(digest);
}

std::string in_schema(const std::string& sql) {
  return "-- pawl:set search_path=hidden,public\n" + sql;
}

void expect_same(const test::test_database& db, const std::vector<shape>& shapes) {
  for (const auto& s : shapes) {
    SCOPED_TRACE(s.sql + "\n" + s.before);
    const auto expected = after_one_statement(db, s);
    prepare(db, s.before);
    std::string strategy;

    const auto end =
        run_job(db.url(), in_schema(plain(s.sql)), small_batches(), [&](const event& e) {
          if (const auto* opened = std::get_if<run_opened>(&e.body)) strategy = opened->strategy;
        });

    ASSERT_EQ(outcome(end), "done");
    EXPECT_EQ(db.value(digest), expected);
    EXPECT_THAT(strategy, StartsWith(s.strategy));
    if (s.naive.empty()) continue;

    prepare(db, s.before);
    const auto naive = run_job(db.url(), in_schema("-- pawl:batch naive " + s.naive + "\n" + s.sql),
                               one_connection());
    ASSERT_EQ(outcome(naive), "done");
    EXPECT_NE(db.value(digest), expected) << "batches would have done";
  }
}

}  // namespace

TEST_P(Job, OverAViewIsJudgedByTheFunctionsInIt) {
  const test::test_database db(version());
  for (const std::string view : {"tops", "higher", "by_operator", "by_text"}) {
    expect_same(db, {{"UPDATE t SET val = v.top + t.id FROM " + view +
                          " v WHERE v.grp = t.grp AND /* pawl:range */ true",
                      once, "", "table=t key=t.id"}});
  }
  expect_same(db, {{"UPDATE t SET val = (SELECT top FROM tops v WHERE v.grp = t.grp)", once},
                   {"UPDATE t SET note = v.label FROM plain v WHERE v.grp = t.grp", ranges},
                   {"UPDATE t SET note = v.\"union\" FROM united v WHERE v.grp = t.grp", ranges}});
}

TEST_P(Job, OverAViewThatGroupsItsRowsIsComputedOnce) {
  const test::test_database db(version());
  for (const std::string view :
       {"per_group", "over_groups", "ranked", "few", "different", "sampled"}) {
    expect_same(db, {{"UPDATE t SET total = v.n FROM " + view + " v WHERE v.grp = t.grp", once}});
  }
  expect_same(db, {{"DELETE FROM t WHERE val < (SELECT sum(n) FROM few)", once}});
}

// Such a table can be the changed one itself, seen by a connection of its own.
TEST_P(Job, OverAForeignTableIsComputedOnce) {
  const test::test_database db(version());
  const auto far_away =
      "CREATE EXTENSION postgres_fdw; CREATE SERVER itself FOREIGN DATA WRAPPER postgres_fdw "
      "OPTIONS (" +
      own_connection(db, version(), " '", "', ") +
      "'); CREATE USER MAPPING FOR CURRENT_USER SERVER itself OPTIONS (user '" +
      db.value("SELECT current_user") +
      "'); CREATE FOREIGN TABLE far_t (id int, "
      "val int) SERVER itself OPTIONS (schema_name 'hidden', table_name 't'); CREATE VIEW of_far "
      "AS SELECT id, val FROM far_t";
  expect_same(db, {{"UPDATE t SET val = v.val FROM of_far v WHERE v.id = t.id % 100 + 1 AND "
                    "/* pawl:range */ true",
                    once, far_away, "table=t key=t.id"}});
}

TEST_P(Job, GivesTheRowsOfAViewOneVolatileValueEach) {
  const test::test_database db(version());
  constexpr auto values_of_a_group =
      "SELECT max(n) FROM (SELECT count(DISTINCT note) n FROM hidden.t GROUP BY grp) g";
  const std::string sql = "UPDATE t SET note = v.label FROM drawn v WHERE v.grp = t.grp";
  prepare(db, "");

  ASSERT_EQ(outcome(run_job(db.url(), in_schema(sql))), "done");
  EXPECT_EQ(db.value(values_of_a_group), "1");
  prepare(db, "");
  const auto naive = run_job(db.url(), in_schema("-- pawl:batch naive table=t key=t.id\n" + sql +
                                                 " AND /* pawl:range */ true"));

  ASSERT_EQ(outcome(naive), "done");
  EXPECT_NE(db.value(values_of_a_group), "1") << "batches would have done";
}

// Policies do not run: row_security is off, under which the server refuses what they would hide.
TEST_P(Job, OverAViewWhoseTableHasAPolicyIsRefusedByTheServer) {
  const test::test_database db(version());
  prepare(db, "");
  db.sql(
      "SET search_path = hidden; CREATE ROLE owner_of_seen; ALTER TABLE lookup ENABLE ROW LEVEL "
      "SECURITY; CREATE POLICY most ON lookup USING (grp < highest()); CREATE VIEW seen AS SELECT "
      "grp, label FROM lookup; ALTER VIEW seen OWNER TO owner_of_seen; GRANT USAGE ON SCHEMA "
      "hidden TO owner_of_seen; GRANT SELECT ON ALL TABLES IN SCHEMA hidden TO owner_of_seen");

  const auto end =
      run_job(db.url(), in_schema("UPDATE t SET note = v.label FROM seen v WHERE v.grp = t.grp"));

  EXPECT_THAT(outcome(end), HasSubstr("row-level security policy for table \"lookup\""));
  EXPECT_EQ(db.value("SELECT count(note) FROM hidden.t"), "0");
  db.sql("DROP OWNED BY owner_of_seen CASCADE; DROP ROLE owner_of_seen");
}

TEST_P(Job, IsComputedOnceWhereAFunctionReadsByAText) {
  const test::test_database db(version());
  const auto taken = [](const std::string& from) {
    return "UPDATE t SET val = t.id + v.top FROM " + from + " WHERE /* pawl:range */ true";
  };
  const std::string key = "table=t key=t.id";
  expect_same(
      db,
      {{taken("(SELECT (xpath('//top/text()', query_to_xml('SELECT max(val) AS top FROM t', true, "
              "true, '')))[1]::text::int AS top) v"),
        once, "", key},
       {taken("(SELECT length(table_to_xml('shown', true, true, '')::text) AS top) v"), once, "",
        key},
       {taken("(SELECT ndoc AS top FROM ts_stat('SELECT to_tsvector(''simple'', (val > 100)::text) "
              "FROM t') WHERE word = 'false') v"),
        once, "", key},
       {taken("crosstab('SELECT 1, 1, max(val) FROM t') v (row int, top int)"), once,
        "CREATE EXTENSION tablefunc", key},
       {taken("ct('SELECT 1, 1, max(val) FROM t') v (row int, top int)"), once,
        "CREATE FUNCTION ct(text) RETURNS SETOF record LANGUAGE c STABLE AS '$libdir/tablefunc', "
        "'crosstab'",
        key},
       {taken("dblink('" + own_connection(db, version()) + " user=" +
              db.value("SELECT current_user") + "', 'SELECT max(val) FROM hidden.t') v (top int)"),
        once, "CREATE EXTENSION dblink", key},
       {"UPDATE t SET note = (ts_rewrite('a'::tsquery, 'b', 'c'))::text", whole},
       {"UPDATE t SET note = soundex(grp::text)", ranges, "CREATE EXTENSION fuzzystrmatch"}});
}

TEST_P(Job, IsComputedOnceWhereAFunctionInCIsNotKnown) {
  const test::test_database db(version());
  const auto made = [](const std::string& how) {
    return "CREATE FUNCTION sound(text) RETURNS text LANGUAGE c " + how +
           " STRICT AS '$libdir/fuzzystrmatch', 'soundex'";
  };
  const std::string sql = "UPDATE t SET note = sound(grp::text)";
  expect_same(db, {{sql, once, made("STABLE")},
                   {sql, once, made("VOLATILE")},
                   {sql, ranges, made("IMMUTABLE")},
                   {"UPDATE t SET note = v.n FROM heard v WHERE v.grp = t.grp", once,
                    made("STABLE") + "; CREATE VIEW heard AS SELECT grp, sound(label) AS n FROM "
                                     "lookup"}});
}

TEST_P(Job, IsNotDividedWhereATriggerRunsSqlThatItPutsTogether) {
  const test::test_database db(version());
  const std::string key = "table=t key=id";
  const std::string built =
      "EXECUTE format('UPDATE %I SET total = coalesce(total, 0) + val WHERE id = 100', "
      "TG_TABLE_NAME);";
  const auto only_once = [](const std::string& act) {
    return "IF NEW.id <> 100 THEN " + act + " END IF; RETURN NULL;";
  };
  expect_same(
      db,
      {{plus_one, whole, trigger("t", "AFTER UPDATE OF val", only_once(built)), key},
       {plus_one, whole,
        "CREATE FUNCTION run(text) RETURNS void LANGUAGE plpgsql AS 'BEGIN EXECUTE $1; END'; "
        "CREATE FUNCTION sum_up(text) RETURNS void LANGUAGE sql AS $f$ SELECT run('UPDATE ' || "
        "$1 || ' SET total = coalesce(total, 0) + val WHERE id = 100') $f$;" +
            trigger("t", "AFTER UPDATE OF val", only_once("PERFORM sum_up(TG_TABLE_NAME);")),
        key},
       {"INSERT INTO log SELECT id, val FROM t", whole,
        "CREATE FUNCTION asked(text) RETURNS int LANGUAGE plpgsql AS 'DECLARE n int; BEGIN "
        "EXECUTE $1 INTO n; RETURN n; END'; ALTER TABLE log ADD n int DEFAULT asked('SELECT "
        "count(*) FROM log')"},
       {plus_one, ranges, trigger("t", "BEFORE DELETE", built + " RETURN OLD;")},
       {plus_one, ranges,
        trigger("t", "BEFORE UPDATE",
                "-- EXECUTE FUNCTION, it's for all tables\n IF NEW.* IS DISTINCT FROM OLD.* "
                "THEN /* don't EXECUTE */ NEW.changed_at := '2020-01-01'; END IF; RETURN NEW;")}});
}

TEST_P(Job, IsNotDividedWhereATriggerInCIsNotKnown) {
  const test::test_database db(version());
  const auto fires = [](const std::string& when, const std::string& call) {
    return "CREATE TRIGGER fired " + when + " UPDATE ON t FOR EACH ROW EXECUTE FUNCTION " + call;
  };
  const std::string sql = "UPDATE t SET val = val + 1";
  expect_same(
      db,
      {{sql, whole,
        "CREATE FUNCTION own_c() RETURNS trigger LANGUAGE c IMMUTABLE AS '$libdir/tcn', "
        "'triggered_change_notification';" +
            fires("AFTER", "own_c()")},
       {sql, ranges, "CREATE EXTENSION tcn;" + fires("AFTER", "triggered_change_notification()")},
       {sql, ranges, fires("BEFORE", "suppress_redundant_updates_trigger()")},
       {sql, ranges,
        fires("BEFORE", "tsvector_update_trigger('words', 'pg_catalog.simple', 'note')")},
       {sql, whole,
        "CREATE EXTENSION refint;" + fires("AFTER", "check_primary_key('id', 'shown', 'id')")},
       // Behind it the time, which is that of the transaction, is taken away again.
       {sql, ranges,
        "CREATE EXTENSION moddatetime;" + fires("BEFORE", "moddatetime('changed_at');") +
            trigger("t", "BEFORE UPDATE", "NEW.changed_at := NULL; RETURN NEW;", "later")}});
}

TEST_P(Job, IsNotDividedWhereItsTriggersLeadBackToItsTable) {
  const test::test_database db(version());
  const std::string key = "table=t key=id";
  const std::string logs =
      trigger("t", "AFTER UPDATE OF val", "INSERT INTO log VALUES (NEW.id, NEW.val); RETURN NULL;");
  // The usual counter in a table that the changed one refers to.
  const auto counted = [](const std::string& act) {
    return "ALTER TABLE lookup ADD n int NOT NULL DEFAULT 0; ALTER TABLE t ADD FOREIGN KEY (grp) "
           "REFERENCES lookup ON UPDATE CASCADE ON DELETE CASCADE;" +
           trigger("t", "AFTER UPDATE OF val", act + " RETURN NULL;");
  };
  expect_same(
      db,
      {{plus_one, whole,
        trigger("t", "AFTER UPDATE OF val", replaced(sums_up, "UPDATE t", "UPDATE sums")) +
            "CREATE VIEW sums AS SELECT id, val, total FROM t",
        key},
       {plus_one, whole, logs + trigger("log", "AFTER INSERT", sums_up, "second"), key},
       {plus_one, ranges,
        logs + trigger("log", "BEFORE INSERT", "NEW.val := -NEW.val; RETURN NEW;", "second")},
       {plus_one, ranges,
        trigger("t", "BEFORE UPDATE",
                "SELECT label INTO NEW.note FROM lookup l WHERE l.grp = NEW.grp; RETURN NEW;") +
            trigger("lookup", "BEFORE UPDATE", "EXECUTE 'SELECT 1'; RETURN NEW;", "second")},
       {plus_one, ranges, counted("UPDATE lookup SET n = n + 1 WHERE grp = NEW.grp;")},
       {plus_one, whole, counted("UPDATE lookup SET n = 1, grp = grp WHERE grp = NEW.grp;")},
       {plus_one, whole, counted("DELETE FROM lookup WHERE grp = NEW.grp - 100;")},
       {"UPDATE pt SET val = val + 1 WHERE /* pawl:range */ true", whole,
        trigger("pt", "AFTER UPDATE OF val",
                replaced(replaced(sums_up, "UPDATE t", "UPDATE pt2"), "<> 100", "< 99")),
        "table=pt key=id"},
       {"DELETE FROM t WHERE id > 10 AND /* pawl:range */ true", whole,
        trigger("t", "BEFORE DELETE",
                "INSERT INTO log SELECT OLD.id, count(*) FROM kid; RETURN OLD;"),
        key},
       {"WITH made AS (INSERT INTO log (id) SELECT id FROM t WHERE /* pawl:range */ true RETURNING "
        "id) UPDATE t SET total = 1 FROM made WHERE made.id = t.id",
        whole,
        trigger("log", "BEFORE INSERT", "NEW.val := (SELECT count(total) FROM t); RETURN NEW;"),
        key}});
}

TEST_P(Job, IsComputedOnceWhereItReadsWhatChangesOnTheWay) {
  const test::test_database db(version());
  const std::string key = "table=t key=t.id";
  expect_same(
      db,
      {{"UPDATE t SET total = v.w FROM written v WHERE v.k = t.id AND /* pawl:range */ true", once,
        trigger("t", "AFTER UPDATE",
                "UPDATE s SET w = w + 1 WHERE k = NEW.id % 100 + 1; RETURN NULL;"),
        key},
       {"UPDATE t SET total = s.w FROM s WHERE s.k = t.id AND /* pawl:range */ true", once,
        trigger("t", "AFTER UPDATE",
                "UPDATE written SET w = w + 1 WHERE k = NEW.id % 100 + 1; RETURN NULL;"),
        key},
       {"UPDATE t SET total = s.w + bump(s.k) FROM s WHERE s.k = t.id AND /* pawl:range */ true",
        once,
        "CREATE FUNCTION bump(int) RETURNS int LANGUAGE sql AS 'UPDATE s SET w = w + 1 WHERE k = "
        "$1 % 100 + 1 RETURNING 0'",
        key},
       {"DELETE FROM t WHERE (SELECT count(*) FROM kids) > 80 AND /* pawl:range */ true", once, "",
        key}});
}

TEST_P(Job, SaysWhyTheTriggerOfALargeTableStandsInTheWay) {
  const test::test_database db(version());
  const auto told = [&](const std::string& before) {
    prepare(db, before +
                    "; INSERT INTO t (id, note) SELECT i, repeat('x', 1000) FROM "
                    "generate_series(1000, 11000) i; ANALYZE t");
    const auto end = run_job(db.url(), in_schema("UPDATE t SET val = 1"));
    EXPECT_TRUE(end.cause && end.cause->code == errc::marker_needed) << outcome(end);
    EXPECT_EQ(db.value("SELECT count(*) FROM hidden.t WHERE val = 1"), "1");
    return outcome(end);
  };

  EXPECT_THAT(told(trigger("t", "AFTER UPDATE", "EXECUTE 'SELECT 1'; RETURN NULL;")),
              HasSubstr("trigger function fired runs SQL that it puts together, which may read the "
                        "table that it changes"));
  EXPECT_THAT(told("CREATE FUNCTION run(text) RETURNS void LANGUAGE plpgsql AS 'BEGIN EXECUTE $1; "
                   "END';" +
                   trigger("t", "AFTER UPDATE", "PERFORM run('SELECT 1'); RETURN NULL;")),
              HasSubstr("trigger function fired leads to run, which runs SQL"));
  EXPECT_THAT(told("CREATE FUNCTION own_c() RETURNS trigger LANGUAGE c AS '$libdir/tcn', "
                   "'triggered_change_notification'; CREATE TRIGGER own AFTER UPDATE ON t FOR EACH "
                   "ROW EXECUTE FUNCTION own_c()"),
              HasSubstr("trigger function own_c is in a language that pawl does not read"));
}

}  // namespace pawl::run
