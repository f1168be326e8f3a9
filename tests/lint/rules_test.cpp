#include <set>

#include "lint/cases.hpp"
#include "lint/checking.hpp"

namespace pawl::lint {
namespace {

using testing::Contains;
using testing::Not;

std::vector<std::string> told_about(const rule_case& c) {
  return ids_of(check_behind(std::string(c.before), std::string(c.sql), everything()));
}

TEST(Rules, FireWhereTheyMust) {
  for (const rule_case& c : firing_cases()) {
    EXPECT_THAT(told_about(c), Contains(c.id)) << c.sql;
  }
}

TEST(Rules, AreSilentWhereTheyMust) {
  for (const rule_case& c : silent_cases()) {
    EXPECT_THAT(told_about(c), Not(Contains(c.id))) << c.sql;
  }
}

// N1 and N2 have cases of their own; what needs a database is tested with one.
TEST(Rules, EachHasACaseOfBothKinds) {
  std::set<std::string_view> fires{"N1", "N2"};
  std::set<std::string_view> is_silent{"N1", "N2"};
  for (const rule& r : rules()) {
    if (r.facts == needs::database) fires.insert(r.id);
  }
  for (const rule_case& c : firing_cases()) fires.insert(c.id);
  for (const rule_case& c : silent_cases()) is_silent.insert(c.id);

  for (const rule& r : rules()) {
    EXPECT_TRUE(fires.contains(r.id)) << "no firing case of " << r.id;
    EXPECT_TRUE(is_silent.contains(r.id)) << "no silent case of " << r.id;
  }
}

TEST(Rules, HaveIdsAndNamesOfTheirOwn) {
  std::set<std::string_view> ids;
  std::set<std::string_view> names;
  for (const rule& r : rules()) {
    EXPECT_TRUE(ids.insert(r.id).second) << r.id;
    EXPECT_TRUE(names.insert(r.name).second) << r.name;
    EXPECT_EQ(find_rule(r.id), &r);
  }
  EXPECT_EQ(find_rule("L99"), nullptr);
}

// Ordinary migrations, of which nothing is worth a person's time.
TEST(Rules, SayNothingAboutSafeFiles) {
  for (const std::string sql :
       {"-- CreateTable\nCREATE TABLE \"User\" (\n    \"id\" TEXT NOT NULL,\n    \"email\" TEXT "
        "NOT "
        "NULL,\n    \"createdAt\" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,\n    CONSTRAINT "
        "\"User_pkey\" PRIMARY KEY (\"id\")\n);\n\n-- CreateIndex\nCREATE UNIQUE INDEX "
        "\"User_email_key\" ON \"User\"(\"email\");\n",
        "-- AlterTable\nALTER TABLE \"User\" ADD COLUMN     \"name\" TEXT,\nADD COLUMN \"age\" "
        "INTEGER NOT NULL DEFAULT 0;\n",
        "-- AlterEnum\nALTER TYPE \"Role\" ADD VALUE 'ADMIN';\n",
        "COMMENT ON TABLE t IS 'x'; GRANT SELECT ON t TO u; ANALYZE t;",
        "CREATE OR REPLACE VIEW v AS SELECT 1; CREATE FUNCTION f() RETURNS int LANGUAGE sql AS "
        "'delete from t returning 1';",
        "INSERT INTO t (a) VALUES (1), (2) ON CONFLICT DO NOTHING;"}) {
    EXPECT_THAT(ids_of(check_alone(sql)), testing::IsEmpty()) << sql;
  }
}

TEST(Rules, TellLockAndSafeForm) {
  const report r = check_alone("ALTER TABLE t ADD a int;\n  CREATE INDEX i ON \"User\" (a);");

  const finding* f = find(r, "L20");
  ASSERT_NE(f, nullptr);
  EXPECT_EQ(f->level, severity::rewritten);
  EXPECT_EQ(f->where, (place{"m/2_b/migration.sql", 2, 3}));
  EXPECT_EQ(f->says.message, "CREATE INDEX i on \"User\" blocks writes until it is built");
  EXPECT_EQ(f->says.lock,
            "SHARE on \"User\" while the index is built: INSERT, UPDATE and DELETE wait");
  EXPECT_THAT(f->says.safe, testing::HasSubstr("CONCURRENTLY"));
}

TEST(Rules, TellTheSafeFormThatAPartitionedTableAllows) {
  const std::string parted =
      "CREATE TABLE t (id int, a int) PARTITION BY RANGE (id); CREATE TABLE p (id int PRIMARY "
      "KEY);";
  const report r = check_behind(parted,
                                "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES p; ALTER TABLE t ADD "
                                "UNIQUE (id); ALTER TABLE p ADD UNIQUE (id);");

  std::vector<std::string> safe;
  for (const finding& f : r.findings) {
    if (f.of->id == "L13" || f.of->id == "L22") safe.push_back(f.says.safe);
  }
  ASSERT_EQ(safe.size(), 3U);
  EXPECT_THAT(safe[0], testing::HasSubstr("on each partition NOT VALID"));
  EXPECT_THAT(safe[1], testing::HasSubstr("on each partition (P5), under other names"));
  EXPECT_THAT(safe[2], testing::HasSubstr("USING INDEX"));
}

TEST(Rules, AdviseToReferInTheNewColumnItself) {
  const auto safe_of = [](const std::string& add) {
    const report r = check_alone(add + "ALTER TABLE t ADD FOREIGN KEY (x) REFERENCES p;");
    const finding* f = find(r, "L13");
    return f == nullptr ? std::string{} : f->says.safe;
  };
  const std::string early = "REFERENCES in the ADD COLUMN";

  EXPECT_THAT(safe_of("ALTER TABLE t ADD x int;"), testing::StartsWith(early));
  EXPECT_THAT(safe_of("ALTER TABLE t ADD x int; UPDATE t SET x = 1;"),
              testing::HasSubstr("NOT VALID"));
  EXPECT_THAT(safe_of(""), testing::HasSubstr("NOT VALID"));
}

TEST(Rules, TellARewriteOnceForAllColumnsOfAnAlterTable) {
  const report r = check_alone("ALTER TABLE t ALTER a TYPE bigint, ALTER b TYPE varchar(9);");

  ASSERT_EQ(ids_of(r), std::vector<std::string>{"L05"});
  EXPECT_EQ(r.findings[0].says.message,
            "changing a of t to int8 rewrites the table and its indexes, unless the old type is "
            "stored the same way; b to varchar(9) with it");
}

TEST(Rules, PointAtTheCommandOfAnAlterTable) {
  const report r = check_alone("ALTER TABLE t ADD a int,\n  DROP COLUMN b;");

  ASSERT_NE(find(r, "L61"), nullptr);
  EXPECT_EQ(find(r, "L61")->where, (place{"m/2_b/migration.sql", 2, 3}));
}

TEST(Rules, NameTheCompositeIndexThatIsLostWithAColumn) {
  const report r = check_behind("CREATE TABLE t (a int, b int); CREATE INDEX i ON t (a, b);",
                                "ALTER TABLE t DROP COLUMN b;");

  ASSERT_NE(find(r, "L64"), nullptr);
  EXPECT_THAT(find(r, "L64")->says.message, testing::HasSubstr("i (a, b)"));
}

TEST(Rules, SuggestRenameWhereAnEnumLosesOneValueAndGetsOne) {
  const report r = check_behind(
      "CREATE TYPE \"Role\" AS ENUM ('ADMIN', 'USER');",
      "BEGIN;\nCREATE TYPE \"Role_new\" AS ENUM ('ADMIN', 'MEMBER');\n"
      "ALTER TABLE \"User\" ALTER COLUMN \"role\" TYPE \"Role_new\" USING "
      "(\"role\"::text::\"Role_new\");\n"
      "ALTER TYPE \"Role\" RENAME TO \"Role_old\";\n"
      "ALTER TYPE \"Role_new\" RENAME TO \"Role\";\nDROP TYPE \"Role_old\";\nCOMMIT;\n");

  ASSERT_NE(find(r, "L65"), nullptr);
  EXPECT_THAT(find(r, "L65")->says.message, testing::HasSubstr("'USER'"));
  EXPECT_THAT(find(r, "L65")->says.safe, testing::HasSubstr("RENAME VALUE 'USER' TO 'MEMBER'"));
}

TEST(Rules, LookIntoDoBlocks) {
  const report r =
      check_alone("DO $$\nBEGIN\n  UPDATE t SET a = 1;\n  ALTER TABLE t DROP COLUMN b;\nEND $$;");

  ASSERT_NE(find(r, "L50"), nullptr);
  EXPECT_EQ(find(r, "L50")->level, severity::warning) << "the planner does not rewrite code";
  EXPECT_EQ(find(r, "L50")->where.line, 3);
  ASSERT_NE(find(r, "L61"), nullptr);
  EXPECT_EQ(find(r, "L61")->where.line, 4);
}

TEST(Rules, FollowTheSchemaThroughRenamesAndDrops) {
  const std::string before =
      "CREATE TABLE t (a varchar(9), old int); ALTER TABLE t RENAME COLUMN a TO b;"
      "ALTER TABLE t RENAME TO u; ALTER TABLE u DROP COLUMN old;";

  EXPECT_EQ(find(check_behind(before, "ALTER TABLE u ALTER b TYPE varchar(10);"), "L05"), nullptr);
  EXPECT_NE(find(check_behind(before, "ALTER TABLE u ALTER b TYPE int USING 1;"), "L05"), nullptr);
  EXPECT_NE(find(check_behind(before, "ALTER TABLE t ALTER a TYPE varchar(10);"), "L05"), nullptr)
      << "nothing is known of a table t";
}

TEST(Rules, FollowTheTypeOfAColumnThroughItsNewName) {
  const report r =
      check_behind("CREATE TYPE a AS ENUM ('x'); CREATE TABLE t (c a); ALTER TYPE a RENAME TO b;",
                   "ALTER TABLE t ALTER c TYPE text USING c::text;");

  ASSERT_NE(find(r, "L05"), nullptr);
  EXPECT_THAT(find(r, "L05")->says.message, testing::HasSubstr("from b to text"));
}

TEST(Rules, CutALongNameBetweenCharacters) {
  std::string name;
  for (int i = 0; i < 40; ++i) name += "é";
  const report r = check_alone("CREATE TABLE \"a" + name + "\" (id int);\n" + "CREATE TABLE \"" +
                               name + "\" (id int);");

  ASSERT_EQ(ids_of(r), (std::vector<std::string>{"L93", "L93"}));
  EXPECT_THAT(r.findings[0].says.message,
              testing::EndsWith("cuts this name to a" + name.substr(0, 62)));
  EXPECT_THAT(r.findings[1].says.message,
              testing::EndsWith("cuts this name to " + name.substr(0, 62)));
}

TEST(Rules, KnowThePlaceFarDownInAFile) {
  std::string sql;
  for (int i = 0; i < 3000; ++i) sql += "-- é\r\n";
  const report r = check_alone(sql + "/* é */ DROP TABLE t;\nDROP TABLE u;");

  ASSERT_EQ(ids_of(r), (std::vector<std::string>{"L60", "L40", "L60"}));
  EXPECT_EQ(r.findings[0].where, (place{"m/2_b/migration.sql", 3001, 9}));
  EXPECT_EQ(r.findings[2].where, (place{"m/2_b/migration.sql", 3002, 1}));
}

TEST(Rules, CanBeTurnedOffAndRaised) {
  options chosen;
  chosen.severities["L20"] = severity::off;
  chosen.severities["L61"] = severity::error;
  const report r = check_alone("CREATE INDEX i ON t (a); ALTER TABLE t DROP COLUMN a;", chosen);

  EXPECT_EQ(find(r, "L20"), nullptr);
  ASSERT_NE(find(r, "L61"), nullptr);
  EXPECT_EQ(find(r, "L61")->level, severity::error);
}

}  // namespace
}  // namespace pawl::lint
