// What is known of a database comes in as a value: the gates that need no server to be tested.
#include <algorithm>

#include "lint/checking.hpp"

namespace pawl::lint {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

schema with_table(std::size_t bytes) {
  schema known;
  known.from_database = true;
  known.server_version = 150020;
  table t;
  t.name = {"", "t"};
  t.complete = true;
  t.bytes = bytes;
  for (const char* name : {"id", "a"}) {
    column c;
    c.name = name;
    c.type.name = "int4";
    t.columns.push_back(c);
  }
  constraint key;
  key.kind = constraint_kind::primary_key;
  key.name = "t_pkey";
  key.columns = {"id"};
  t.constraints.push_back(key);
  known.tables["t"] = t;
  return known;
}

report check_on(const schema& known, const std::string& sql, question_list& questions) {
  std::vector<input> files{{"a.sql", "1_a", sql, false, false}};
  return check(files, {}, known, questions);
}

std::vector<std::string> ids_on(const schema& known, const std::string& sql) {
  question_list unanswered;
  return ids_of(check_on(known, sql, unanswered));
}

constexpr std::size_t big = 1U << 30U;

TEST(Gate, OfSizeSilencesWhatNobodyWouldNotice) {
  for (const std::string sql :
       {"CREATE INDEX i ON t (a);", "UPDATE t SET a = 1;", "ALTER TABLE t ALTER a SET NOT NULL;",
        "ALTER TABLE t ADD CHECK (a > 0);", "ALTER TABLE t ADD b serial;", "REINDEX TABLE t;",
        "ALTER TABLE t ALTER a TYPE bigint;", "VACUUM FULL t;"}) {
    EXPECT_THAT(ids_on(with_table(8192), sql), IsEmpty()) << sql;
    EXPECT_THAT(ids_on(with_table(big), sql), Not(IsEmpty())) << sql;
  }
}

TEST(Gate, OfSizeDoesNotSilenceLostData) {
  EXPECT_THAT(ids_on(with_table(8192), "DROP TABLE t;"), Contains("L60"));
  EXPECT_THAT(ids_on(with_table(8192), "ALTER TABLE t DROP COLUMN a;"), Contains("L61"));
}

TEST(Gate, OfVersionFindsTheReleasesThatCorruptIndexes) {
  schema known = with_table(big);
  const std::string sql = "CREATE INDEX CONCURRENTLY i ON t (a);";
  known.server_version = 140003;
  EXPECT_THAT(ids_on(known, sql), ElementsAre("L32"));
  EXPECT_THAT(ids_on(known, "REINDEX TABLE CONCURRENTLY t;"), ElementsAre("L32"));
  known.server_version = 140004;
  EXPECT_THAT(ids_on(known, sql), IsEmpty());
}

TEST(Gate, OfTheCatalogKnowsWhatIsThereAlready) {
  const schema known = with_table(big);

  EXPECT_THAT(ids_on(known, "ALTER TABLE t ADD COLUMN IF NOT EXISTS a int NOT NULL;"), IsEmpty());
  EXPECT_THAT(ids_on(known, "DROP TABLE IF EXISTS gone;"), IsEmpty());
  EXPECT_THAT(ids_on(known, "CREATE TABLE t (id int); CREATE INDEX i ON t (id);"), Contains("L20"))
      << "the catalog's table is not a new one";
}

TEST(Gate, OfHistoryLeavesOutWhatIsApplied) {
  schema known = with_table(big);
  known.applied["1_a"] = true;
  question_list unanswered;
  const report r = check_on(known, "DROP TABLE t;", unanswered);

  EXPECT_THAT(ids_of(r), IsEmpty());
  EXPECT_EQ(r.skipped, 1U);
}

TEST(Question, IsAskedOnceAndAnsweredInTheNextCheck) {
  const schema known = with_table(big);
  question_list questions;
  const std::string sql = "ALTER TABLE t ADD CONSTRAINT u UNIQUE (a);";

  EXPECT_THAT(ids_of(check_on(known, sql, questions)), ElementsAre("L22"));
  ASSERT_EQ(questions.open.size(), 1U);
  questions.answers[questions.open.front()] = "t";
  questions.open.clear();
  EXPECT_THAT(ids_of(check_on(known, sql, questions)), ElementsAre("L22", "L71"));
  EXPECT_THAT(questions.open, IsEmpty());
}

TEST(Question, OfAShadowOverrulesTheText) {
  const schema known = with_table(big);
  question_list questions;
  const std::string sql = "ALTER TABLE t DROP CONSTRAINT k, ALTER COLUMN a TYPE bigint;";

  EXPECT_THAT(ids_of(check_on(known, sql, questions)), Contains("L05"));
  ASSERT_EQ(questions.open.size(), 1U);
  EXPECT_EQ(questions.open.front().text, "ALTER COLUMN a TYPE bigint");
  questions.answers[questions.open.front()] = shadow_answer::nothing;
  EXPECT_THAT(ids_of(check_on(known, sql, questions)), Not(Contains("L05")));
}

std::size_t asked_by(const std::string& sql, const std::string& earlier = "") {
  schema known = with_table(big);
  table parent = known.tables["t"];
  parent.name = {"", "p"};
  known.tables["p"] = parent;
  known.types["mood"].kind = type_kind::enumeration;
  known.types["mood"].values = {"ok"};
  question_list questions;
  std::vector<input> files{{"a.sql", "1_a", earlier, false, false},
                           {"b.sql", "2_b", sql, false, false}};
  static_cast<void>(check(files, {}, known, questions));
  return static_cast<std::size_t>(
      std::count_if(questions.open.begin(), questions.open.end(),
                    [](const question& q) { return q.kind == question_kind::truth; }));
}

// What the rows hold today says nothing about the rows that the statement will meet.
TEST(Question, IsNotAskedAboutRowsThatAreChangedBefore) {
  const std::string set = "ALTER TABLE t ALTER a SET NOT NULL;";
  const std::string unique = "CREATE UNIQUE INDEX CONCURRENTLY i ON t (a);";
  const std::string key = "ALTER TABLE t ADD CONSTRAINT k FOREIGN KEY (a) REFERENCES p (id);";
  const std::string cast = "ALTER TABLE t ALTER a TYPE mood USING a::text::mood;";
  const std::string mend = "UPDATE t SET a = 0 WHERE a IS NULL;";
  const std::string drop = "DELETE FROM t WHERE a > 5;";
  for (const std::string& sql : {set, unique, key, cast}) {
    EXPECT_EQ(asked_by(sql), 1U) << sql;
    EXPECT_EQ(asked_by(mend + sql), 0U) << sql;
    EXPECT_EQ(asked_by(sql, mend), 0U) << sql;
    EXPECT_EQ(asked_by(drop + sql), 0U) << sql;
    EXPECT_EQ(
        asked_by("WITH x AS (" + mend.substr(0, mend.size() - 1) + " RETURNING 1) SELECT 1;" + sql),
        0U)
        << sql;
    EXPECT_EQ(asked_by("UPDATE u SET a = 0;" + sql), 1U) << sql;
  }
  EXPECT_EQ(asked_by("INSERT INTO p (id) VALUES (1);" + key), 0U);
  EXPECT_EQ(asked_by("INSERT INTO t (a) VALUES (1);" + set), 1U);
  EXPECT_EQ(asked_by("ALTER TABLE t DROP COLUMN a, ADD COLUMN a int;" + set), 0U);
}

TEST(Question, OfOrphansIsAskedWhereTheyAreLookedAt) {
  const std::string add = "ALTER TABLE t ADD CONSTRAINT k FOREIGN KEY (a) REFERENCES p (id)";

  EXPECT_EQ(asked_by(add + " NOT VALID;"), 0U);
  EXPECT_EQ(asked_by("ALTER TABLE t VALIDATE CONSTRAINT k;", add + " NOT VALID;"), 1U);
}

TEST(Question, OfEnumValuesIsNotAskedWhereUsingMapsThem) {
  EXPECT_EQ(asked_by("ALTER TABLE t ALTER a TYPE mood USING (CASE a WHEN 1 THEN 'ok' END)::mood;"),
            0U);
}

TEST(Question, IsNotAskedWithoutADatabase) {
  schema known = with_table(big);
  known.from_database = false;
  question_list questions;
  static_cast<void>(check_on(known, "ALTER TABLE t ADD CONSTRAINT u UNIQUE (a);", questions));

  EXPECT_THAT(questions.open, IsEmpty());
}

}  // namespace
}  // namespace pawl::lint
