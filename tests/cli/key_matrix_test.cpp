// Every kind of key: each row is changed exactly once, and each is looked at once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/job_files.hpp"
#include "support/pawl_process.hpp"
#include "support/server.hpp"

namespace pawl::test {
namespace {

using testing::HasSubstr;

struct keyed_table {
  std::string name;
  std::string columns;  // of table t, whose column n counts the changes
  std::string rows;     // fills it
};

const std::vector<keyed_table> tables = {
    {"int2", "k int2 PRIMARY KEY", "SELECT i - 250 FROM generate_series(1, 500) i"},
    {"int4", "k int4 PRIMARY KEY", "SELECT i * 4000000 FROM generate_series(-500, 500) i"},
    {"int8 extremes", "k int8 PRIMARY KEY",
     "SELECT i * 300000000000 FROM generate_series(-250, 250) i UNION ALL VALUES "
     "(9223372036854775807), (-9223372036854775808)"},
    {"numeric and NaN", "k numeric PRIMARY KEY",
     "SELECT i / 7.0 FROM generate_series(1, 500) i UNION ALL VALUES ('NaN'::numeric), (-1e30)"},
    {"float8", "k float8 PRIMARY KEY",
     "SELECT sqrt(i) FROM generate_series(1, 500) i UNION ALL VALUES ('NaN'::float8), "
     "('-Infinity'), "
     "('Infinity')"},
    {"text C", "k text COLLATE \"C\" PRIMARY KEY",
     "SELECT md5(i::text) FROM generate_series(1, 500) i"},
    {"text ICU", "k text COLLATE \"de-x-icu\" PRIMARY KEY",
     "SELECT chr(97 + i % 26) || CASE i % 3 WHEN 0 THEN 'ä' WHEN 1 THEN 'A' ELSE '\"\\' END || i "
     "FROM generate_series(1, 500) i"},
    {"varchar", "k varchar(40) PRIMARY KEY",
     "SELECT 'c' || md5(i::text) FROM generate_series(1, 500) i"},
    {"char", "k char(12) PRIMARY KEY", "SELECT 'x' || i FROM generate_series(1, 500) i"},
    {"uuid", "k uuid PRIMARY KEY", "SELECT gen_random_uuid() FROM generate_series(1, 500) i"},
    {"timestamptz", "k timestamptz PRIMARY KEY",
     "SELECT timestamptz '2020-03-29 00:30+00' + i * interval '7.000001 min' FROM "
     "generate_series(1, 500) i UNION ALL VALUES ('-infinity'::timestamptz), ('infinity')"},
    {"date", "k date PRIMARY KEY", "SELECT date '1999-12-31' + i FROM generate_series(1, 500) i"},
    {"interval", "k interval PRIMARY KEY",
     "SELECT i * interval '-1 day 7 min' FROM generate_series(-250, 250) i"},
    {"bytea", "k bytea PRIMARY KEY",
     "SELECT decode(md5(i::text), 'hex') FROM generate_series(1, 500) i"},
    {"enum", "k mood PRIMARY KEY", "SELECT unnest(enum_range(NULL::mood))"},
    {"domain", "k positive PRIMARY KEY", "SELECT i FROM generate_series(1, 500) i"},
    {"descending", "k int NOT NULL", "SELECT i FROM generate_series(1, 500) i"},
    {"composite of many ties", "k int, l text, PRIMARY KEY (k, l)",
     "SELECT i % 2, 'x' || i FROM generate_series(1, 500) i"},
    {"three columns", "k uuid, l date, m int2, PRIMARY KEY (l, k, m)",
     "SELECT md5((i % 9)::text)::uuid, date '2020-01-01' + i % 7, i FROM generate_series(1, 500) "
     "i"},
    {"odd names", "\"Key \"\"x\"\"\" int PRIMARY KEY, \"order\" int",
     "SELECT i, i FROM generate_series(1, 500) i"},
};

class Key : public on_each_version {};
PAWL_ON_EACH_VERSION(Key);

TEST_P(Key, OfEveryKindChangesEachRowOnce) {
  const test_database db(version());
  const job_folder folder;
  db.sql("CREATE TYPE mood AS ENUM ('sad', 'ok', 'a', 'B', 'z', 'happy')");
  db.sql("CREATE DOMAIN positive AS int CHECK (VALUE > 0)");
  const auto file = folder.write("job.sql", "UPDATE t SET n = n + 1;\n");

  for (const auto& table : tables) {
    SCOPED_TRACE(table.name);
    db.sql("DROP TABLE IF EXISTS t; CREATE TABLE t (" + table.columns + ")");
    db.sql("INSERT INTO t " + table.rows + "; ALTER TABLE t ADD n int NOT NULL DEFAULT 0");
    if (table.name == "descending") {
      db.sql("CREATE UNIQUE INDEX ON t (k DESC)");
    }
    db.sql("ANALYZE t");

    const auto end =
        run_pawl({"run", file, "--restart", "--batch-size", "7"}, {{"DATABASE_URL", db.url()}});

    EXPECT_EQ(end.exit_code, 0) << end.err << end.out;
    EXPECT_EQ(db.value("SELECT count(*) FROM t WHERE n <> 1"), "0");
    EXPECT_EQ(db.value("SELECT sum(rows_scanned) FROM pawl.range WHERE run = "
                       "(SELECT max(id) FROM pawl.run)"),
              db.value("SELECT count(*) FROM t"));
  }
}

TEST_P(Key, OfAnExtensionOutsideOfThePathIsRefusedWithItsSchema) {
  const test_database db(version());
  if (db.value("SELECT count(*) FROM pg_available_extensions WHERE name = 'citext'") == "0") {
    GTEST_SKIP() << "this server has no citext";
  }
  const job_folder folder;
  db.sql("CREATE SCHEMA ext; CREATE EXTENSION citext SCHEMA ext");
  db.sql("CREATE TABLE t (k ext.citext PRIMARY KEY, n int NOT NULL DEFAULT 0)");
  db.sql(
      "INSERT INTO t SELECT CASE i % 2 WHEN 0 THEN 'a' ELSE 'B' END || i "
      "FROM generate_series(1, 500) i");
  db.enlarge("t", R"({"k": "c", "n": 0})");
  const std::string update = "UPDATE t SET n = n + 1;\n";

  const auto refused =
      run_pawl({"run", folder.write("off.sql", update)}, {{"DATABASE_URL", db.url()}});
  EXPECT_EQ(refused.exit_code, 6);
  EXPECT_THAT(refused.err, HasSubstr("\"ext\""));
  const auto file = folder.write("on.sql", "-- pawl:set search_path='public,ext'\n" + update);
  const auto end = run_pawl({"run", file, "--batch-size", "7"}, {{"DATABASE_URL", db.url()}});

  EXPECT_EQ(end.exit_code, 0) << end.err << end.out;
  EXPECT_EQ(db.value("SELECT count(*) FROM t WHERE n <> 1"), "0");
}

TEST_P(Key, OfPartitionsIsWalkedLeafByLeaf) {
  const test_database db(version());
  const job_folder folder;
  db.sql(
      "CREATE TABLE t (at date, id int, n int NOT NULL DEFAULT 0, PRIMARY KEY (at, id)) "
      "PARTITION BY RANGE (at)");
  db.sql("CREATE TABLE t1 PARTITION OF t FOR VALUES FROM ('2020-01-01') TO ('2021-01-01')");
  db.sql(
      "CREATE TABLE t2 PARTITION OF t FOR VALUES FROM ('2021-01-01') TO ('2022-01-01') "
      "PARTITION BY LIST (id)");
  db.sql("CREATE TABLE t2_rest PARTITION OF t2 DEFAULT; CREATE TABLE t3 PARTITION OF t DEFAULT");
  db.sql("INSERT INTO t SELECT date '2020-01-01' + i, i FROM generate_series(1, 700) i");
  const auto file = folder.write("job.sql", "UPDATE t SET n = t.n + 1 WHERE t.id > 0;\n");

  const auto end = run_pawl({"run", file, "--batch-size", "7"}, {{"DATABASE_URL", db.url()}});

  EXPECT_EQ(end.exit_code, 0) << end.err << end.out;
  EXPECT_EQ(db.value("SELECT count(*) FROM t WHERE n <> 1"), "0");
  EXPECT_EQ(db.value("SELECT count(*) FROM pawl.leaf"), "3");
}

struct refusal {
  std::string table;
  std::string job;
  std::string code;
  std::string says;
};

const std::vector<refusal> refusals = {
    {"CREATE TABLE t (k int, n int)", "UPDATE t SET n = 1;", "PAWL-601", "no primary key"},
    {"CREATE TABLE t (k int UNIQUE, n int)", "UPDATE t SET n = 1;", "PAWL-602", "nullable"},
    {"CREATE TABLE t (k int NOT NULL, n int); CREATE UNIQUE INDEX ON t (k) WHERE n > 0",
     "UPDATE t SET n = 1;", "PAWL-602", "partial"},
    {"CREATE TABLE t (k int NOT NULL UNIQUE DEFERRABLE, n int)", "UPDATE t SET n = 1;", "PAWL-602",
     "deferrable"},
    {"CREATE TABLE t (k int NOT NULL, l int NOT NULL DEFAULT 1, n int); CREATE UNIQUE INDEX ON t "
     "(k, l DESC)",
     "UPDATE t SET n = 1;", "PAWL-602", "mixes"},
    {"CREATE TABLE t (k text NOT NULL, n int); CREATE UNIQUE INDEX ON t (k COLLATE \"C\")",
     "UPDATE t SET n = 1;", "PAWL-602", "another collation"},
    {"CREATE TABLE t (k text NOT NULL, n int); CREATE UNIQUE INDEX ON t (k text_pattern_ops)",
     "UPDATE t SET n = 1;", "PAWL-602", "another operator class"},
    {"CREATE TABLE u (k int PRIMARY KEY, n int); CREATE VIEW t AS SELECT * FROM u",
     "UPDATE t SET n = 1;", "PAWL-603", "is a view"},
    {"CREATE TABLE t (k int PRIMARY KEY, n int)", "UPDATE t SET k = k + 1;", "PAWL-604",
     "part of the key"},
    {"CREATE TABLE t (k int PRIMARY KEY, n int); INSERT INTO t VALUES (1), (2); ANALYZE t",
     "-- pawl:guard max-rows=1\nUPDATE t SET n = 1;", "PAWL-612", "guard"},
    {"CREATE TABLE t (k int PRIMARY KEY, n int); CREATE TABLE c () INHERITS (t)",
     "UPDATE t SET n = 1;", "PAWL-603", "inherit"},
};

TEST_P(Key, ThatCannotServeIsNotNeededForASmallTable) {
  const job_folder folder;
  for (const auto& r : refusals) {
    if (r.code != "PAWL-601" && r.code != "PAWL-602") continue;
    SCOPED_TRACE(r.table);
    const test_database db(version());
    db.sql(r.table);
    db.sql("INSERT INTO t (k, n) SELECT i, 0 FROM generate_series(1, 100) i");

    const auto end =
        run_pawl({"run", folder.write("job.sql", r.job)}, {{"DATABASE_URL", db.url()}});

    EXPECT_EQ(end.exit_code, 0) << end.err << end.out;
    EXPECT_EQ(db.value("SELECT count(*) FROM t WHERE n = 1"), "100");
  }
}

TEST_P(Key, ThatCannotServeIsRefusedAndNothingIsLeftBehind) {
  const job_folder folder;
  for (const auto& r : refusals) {
    SCOPED_TRACE(r.table);
    const test_database db(version());
    db.sql(r.table);
    const bool lacks_key = r.code == "PAWL-601" || r.code == "PAWL-602";
    if (lacks_key) db.enlarge("t", R"({"k": 1, "l": 1, "n": 1})");

    const auto end =
        run_pawl({"run", folder.write("job.sql", r.job)}, {{"DATABASE_URL", db.url()}});

    EXPECT_EQ(end.exit_code, 6) << end.err << end.out;
    EXPECT_THAT(end.err, HasSubstr(r.code));
    EXPECT_THAT(end.err, HasSubstr(r.says));
    EXPECT_THAT(end.err, HasSubstr("hint: "));
    EXPECT_EQ(db.value("SELECT to_regnamespace('pawl') IS NULL"), "t");
  }
}

}  // namespace
}  // namespace pawl::test
