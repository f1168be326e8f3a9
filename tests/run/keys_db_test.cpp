// Every type, order and name of key: each row is changed exactly once.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "run/job_fixture.hpp"

namespace pawl::run {

namespace {

struct key_case {
  std::string columns;  // definitions of the key's columns
  std::string values;   // a select list over i = 1...500, or over any rows if it has its own FROM
  std::string key;      // column list of the primary key
  std::string index{};  // instead of a primary key, %t is the table
};

void replace_all(std::string& text, const std::string& what, const std::string& by) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
}

// The change is not idempotent, so a row done twice shows as one left out does.
void expect_each_row_once(const test::test_database& db, const key_case& k) {
  SCOPED_TRACE(k.columns + " " + k.key + k.index);
  db.sql("DROP TABLE IF EXISTS t; CREATE TABLE t (" + k.columns + ", n int NOT NULL DEFAULT 0)");
  std::string index = k.index;
  replace_all(index, "%t", "t");
  db.sql(index.empty() ? "ALTER TABLE t ADD PRIMARY KEY (" + k.key + ")" : index);
  db.sql("INSERT INTO t SELECT " + k.values + " FROM generate_series(1, 500) AS i; ANALYZE t");
  const auto rows = std::stoll(db.value("SELECT count(*) FROM t"));
  auto options = small_batches();
  options.restart = true;
  const auto end = run_job(db.url(), "UPDATE t SET n = n + 1;", options);
  ASSERT_EQ(outcome(end), "done");
  EXPECT_EQ(db.value("SELECT count(*) FROM t WHERE n <> 1"), "0");
  EXPECT_EQ(end.rows_changed, rows);
  EXPECT_EQ(end.rows_scanned, rows);
  EXPECT_EQ(
      db.value("SELECT sum(rows_scanned) FROM pawl.range WHERE run = " + std::to_string(end.run)),
      std::to_string(rows));
}

void expect_each_row_once(const std::vector<key_case>& cases, int version,
                          const std::string& before = "SELECT 1") {
  const test::test_database db(version);
  db.sql(before);
  for (const auto& k : cases) {
    expect_each_row_once(db, k);
    if (::testing::Test::HasFatalFailure()) return;
  }
}

}  // namespace

TEST_P(Job, ChangesEachRowOnceUnderAKeyOfNumbers) {
  expect_each_row_once(
      {{"k int2", "i - 250", "k"},
       {"k int4", "(i - 250) * 4294967", "k"},
       {"k int8",
        "CASE i WHEN 1 THEN -9223372036854775808 WHEN 2 THEN 9223372036854775807 "
        "ELSE (i - 250) * 9000000000000 END",
        "k"},
       {"k numeric", "CASE i WHEN 1 THEN 'NaN' ELSE (i - 250)::numeric / 7 END", "k"},
       {"k numeric(6,2)", "i / 100.0", "k"},
       {"k float8",
        "CASE i WHEN 1 THEN 'NaN'::float8 WHEN 2 THEN '-infinity' WHEN 3 THEN 'infinity' "
        "ELSE (i - 250) / 3.0::float8 END",
        "k"},
       {"k float4", "((i - 250) / 3.0)::float4", "k"},
       {"k money", "(i - 250)::money", "k"}},
      version());
}

TEST_P(Job, ChangesEachRowOnceUnderAKeyOfText) {
  const std::string words =
      "(ARRAY['a','B','b','A','é','e','Z','ä','-','_','''','\\','\"',' '])[1 + i % 14] || "
      "(ARRAY['','x','-','Y',' ','%'])[1 + i % 6] || (i / 7)::text || chr(223 + i % 40)";
  expect_each_row_once({{"k text COLLATE \"C\"", words, "k"},
                        {"k text", words, "k"},
                        {"k text COLLATE \"de-x-icu\"", words, "k"},
                        {"k text COLLATE \"en-US-x-icu\"", words, "k"},
                        {"k varchar(20)", words, "k"},
                        {"k char(12)", "left(" + words + ", 12)", "k"},
                        {"k name", words, "k"},
                        {"k text COLLATE \"C\"", "CASE i WHEN 1 THEN '' ELSE 'NULL' || i END", "k"},
                        {"k word", words, "k"},
                        {"k blind", "i::text || 'aA'", "k"}},
                       version(),
                       "CREATE DOMAIN word AS text COLLATE \"C\" CHECK (VALUE <> '');"
                       "CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', "
                       "deterministic = false);"
                       "CREATE DOMAIN blind AS text COLLATE ci");
}

TEST_P(Job, ChangesEachRowOnceUnderAKeyOfOtherTypes) {
  expect_each_row_once(
      {{"k uuid", "md5(i::text)::uuid", "k"},
       {"k timestamptz",
        "CASE i WHEN 1 THEN '-infinity' WHEN 2 THEN 'infinity' WHEN 3 THEN '0044-03-15 BC' "
        "ELSE '2020-03-29 00:00+00'::timestamptz + i * interval '17 min' END",
        "k"},
       {"k timestamp", "'1999-12-31'::timestamp + i * interval '1 s 3 microseconds'", "k"},
       {"k date", "CASE i WHEN 1 THEN '-infinity' ELSE '2001-02-03'::date + i END", "k"},
       {"k interval", "i * interval '1 day 7 h' - interval '3 months'", "k"},
       {"k bytea", "decode(md5(i::text), 'hex') || '\\x00'", "k"},
       {"k inet", "('10.0.0.0'::inet + i * 77)", "k"},
       {"k boolean, l int", "i % 2 = 1, i", "k, l"},
       {"k shade, l int", "(enum_range(NULL::shade))[1 + i % 3], i", "k, l"},
       {"k int[]", "ARRAY[i % 3, -i]", "k"}},
      version(), "CREATE TYPE shade AS ENUM ('pale', 'dark', 'black')");
}

TEST_P(Job, ChangesEachRowOnceUnderAKeyOfSeveralColumns) {
  expect_each_row_once(
      {{"a int, b int", "i % 3, i", "a, b"},
       {"a text, b int8, c date", "(i % 2)::text, i % 5, '2020-01-01'::date + i", "a, b, c"},
       {"a uuid, b text", "md5('')::uuid, 'é' || i", "a, b"},
       {"a int, b int", "i % 3, i", "b DESC, a DESC",
        "ALTER TABLE %t ALTER a SET NOT NULL, ALTER b SET NOT NULL;"
        "CREATE UNIQUE INDEX ON %t (a DESC, b DESC)"},
       {"k int NOT NULL", "-i", "k", "CREATE UNIQUE INDEX ON %t (k DESC NULLS LAST)"},
       {"k int NOT NULL", "-i", "k", "CREATE UNIQUE INDEX ON %t (k NULLS FIRST) INCLUDE (n)"},
       {"extra int, k int NOT NULL", "i % 3, i", "k", "ALTER TABLE %t ADD UNIQUE (k)"}},
      version());
}

TEST_P(Job, ChangesEachRowOnceUnderOddNames) {
  const test::test_database db(version());
  db.sql(
      "CREATE SCHEMA \"Odd schema\"; CREATE TABLE \"Odd schema\".\"My \"\"Table\" "
      "(\"Key \"\"x\"\"\" int, \"select\" text, n int DEFAULT 0, "
      "PRIMARY KEY (\"select\", \"Key \"\"x\"\"\"));"
      "INSERT INTO \"Odd schema\".\"My \"\"Table\" SELECT i, 'a' || i % 2 FROM "
      "generate_series(1, 300) i");
  const auto end = run_job(
      db.url(),
      "UPDATE \"Odd schema\".\"My \"\"Table\" AS \"A b\" SET n = \"A b\".n + 1 WHERE \"A b\".\"Key "
      "\"\"x\"\"\" > 0;");
  ASSERT_EQ(outcome(end), "done");
  EXPECT_EQ(db.value("SELECT count(*) FROM \"Odd schema\".\"My \"\"Table\" WHERE n = 1"), "300");
  EXPECT_EQ(end.rows_scanned, 300);
}

TEST_P(Job, RefusesACitextKeyOffTheSearchPathAndWorksOnIt) {
  const test::test_database db(version());
  db.sql(
      "CREATE SCHEMA ext; CREATE EXTENSION citext SCHEMA ext;"
      "CREATE TABLE t (k ext.citext PRIMARY KEY, n int NOT NULL DEFAULT 0);"
      "INSERT INTO t SELECT CASE i % 2 WHEN 1 THEN 'a' ELSE 'A' END || i FROM "
      "generate_series(1, 500) i");
  db.enlarge("t", R"({"k": "b", "n": 0})");
  const auto refused = run_job(db.url(), "UPDATE t SET n = n + 1;");
  ASSERT_TRUE(refused.cause);
  EXPECT_EQ(refused.cause->code, errc::key_unusable) << outcome(refused);
  EXPECT_NE(refused.cause->message.find("\"ext\""), std::string::npos) << outcome(refused);
  EXPECT_EQ(db.value("SELECT sum(n) FROM t"), "0");
  const auto end =
      run_job(db.url(), "-- pawl:set search_path='public, ext'\nUPDATE t SET n = n + 1;");
  ASSERT_EQ(outcome(end), "done");
  EXPECT_EQ(db.value("SELECT count(*) FROM t WHERE n = 1"), "501");
  EXPECT_EQ(end.rows_scanned, 501);
}

}  // namespace pawl::run
