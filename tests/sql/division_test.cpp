// By what each shape of statement is divided, as far as its text tells.
#include "sql/reading.hpp"

namespace pawl::sql {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct shape {
  std::string sql;
  division by;
  std::string walks;  // the table whose rows divide it
};

void expect_shapes(const std::vector<shape>& shapes) {
  for (const auto& s : shapes) {
    const job j = read_one(s.sql);
    EXPECT_EQ(j.what.by, s.by) << s.sql << "\n" << j.what.reason;
    EXPECT_EQ(j.what.target.table, s.walks) << s.sql;
    EXPECT_FALSE(j.what.reason.empty() && !j.what.undivided) << s.sql;
  }
}

TEST(Division, GoesByTheTargetWhereRowsAreLookedAtByThemselves) {
  expect_shapes({
      {"UPDATE t SET a = 1", division::target, "t"},
      {"UPDATE t SET a = b.x FROM b WHERE b.id = t.id", division::target, "t"},
      {"UPDATE t SET a = (SELECT max(x) FROM b WHERE b.id = t.id)", division::target, "t"},
      {"UPDATE t SET (a, c) = (SELECT x, y FROM b WHERE b.id = t.id)", division::target, "t"},
      {"WITH b AS (SELECT * FROM s) UPDATE t SET a = b.x FROM b WHERE b.id = t.id",
       division::target, "t"},
      {"DELETE FROM t USING b WHERE b.id = t.id", division::target, "t"},
      {"DELETE FROM t WHERE EXISTS (SELECT FROM b WHERE b.id = t.id)", division::target, "t"},
      {"UPDATE t SET a = (SELECT x FROM b WHERE b.id = t.id ORDER BY y LIMIT 1)", division::target,
       "t"},
      {"UPDATE t SET a = b.x FROM (VALUES (1, 2)) b (id, x) WHERE b.id = t.id", division::target,
       "t"},
  });
}

TEST(Division, TakesASnapshotWhereRowsDependOnEachOther) {
  expect_shapes({
      {"UPDATE t SET a = 1 WHERE id IN (SELECT id FROM t LIMIT 10)", division::snapshot, "t"},
      {"UPDATE s.t SET a = (SELECT max(a) FROM t)", division::snapshot, "t"},
      {"DELETE FROM t x WHERE EXISTS (SELECT FROM t b WHERE b.id < x.id)", division::snapshot, "t"},
      {"DELETE FROM t a USING t b WHERE a.x = b.x AND a.id > b.id", division::snapshot, "t"},
      {"UPDATE t SET r = w.n FROM (SELECT id, row_number() OVER (ORDER BY x) n FROM t) w WHERE "
       "w.id = t.id",
       division::snapshot, "t"},
      {"UPDATE t SET n = s.c FROM (SELECT k, count(*) c FROM s GROUP BY k) s WHERE s.k = t.k",
       division::snapshot, "t"},
      {"UPDATE t SET a = 1 WHERE id IN (SELECT id FROM a UNION ALL SELECT id FROM b)",
       division::snapshot, "t"},
      {"WITH c AS (SELECT DISTINCT k FROM s) DELETE FROM t USING c WHERE c.k = t.k",
       division::snapshot, "t"},
      {"UPDATE t SET a = s.a FROM s TABLESAMPLE system (10) WHERE s.k = t.k", division::snapshot,
       "t"},
      {"DELETE FROM t WHERE id IN (SELECT k FROM s LIMIT 10)", division::snapshot, "t"},
      {"UPDATE t SET a = (SELECT s.x FROM s OFFSET 3)", division::snapshot, "t"},
      {"UPDATE t SET a = (SELECT x FROM s WHERE k = id LIMIT 1)", division::snapshot, "t"},
      {"UPDATE t SET a = 1 WHERE id IN (SELECT DISTINCT ON (x) k FROM s)", division::snapshot, "t"},
      {"INSERT INTO u SELECT id FROM t WHERE id IN (SELECT k FROM s LIMIT 10)", division::snapshot,
       "u"},
  });
  EXPECT_EQ(read_one("UPDATE a.t SET x = (SELECT max(x) FROM b.t)").what.by, division::target);
}

TEST(Division, KnowsWhereTheNameOfACteHolds) {
  expect_shapes({
      {"WITH t AS (SELECT max(a) m FROM s.t) UPDATE u SET a = t.m FROM t WHERE t.m > u.id",
       division::target, "u"},
      {"WITH t AS (SELECT a FROM t) UPDATE t SET a = c.a FROM t c WHERE c.a = t.a",
       division::snapshot, "t"},
      {"UPDATE t SET a = (WITH t AS (SELECT 1 AS x) SELECT x FROM t) WHERE id = 3 OR id = 4",
       division::target, "t"},
      {"UPDATE t SET a = (WITH t AS (SELECT 1 AS x) SELECT x FROM t) WHERE b IN (SELECT b FROM t)",
       division::snapshot, "t"},
  });
}

TEST(Division, GoesByTheSourceOfACopy) {
  expect_shapes({
      {"INSERT INTO x SELECT a, b FROM s", division::source, "s"},
      {"INSERT INTO x (p) SELECT s.a FROM s JOIN u ON u.k = s.k LEFT JOIN v USING (k) WHERE u.z",
       division::source, "s"},
      {"INSERT INTO x SELECT s.a, l.b FROM s CROSS JOIN LATERAL (SELECT b FROM u WHERE u.k = s.k "
       "ORDER BY b LIMIT 1) l",
       division::source, "s"},
      {"INSERT INTO x (p) SELECT a FROM s ON CONFLICT DO NOTHING", division::source, "s"},
      {"INSERT INTO x (p) SELECT a FROM s ON CONFLICT (p) DO UPDATE SET q = EXCLUDED.q",
       division::snapshot, "x"},
      {"INSERT INTO x (p) SELECT a FROM s RIGHT JOIN u USING (k)", division::snapshot, "x"},
      {"INSERT INTO x SELECT DISTINCT a FROM s", division::snapshot, "x"},
      {"INSERT INTO x SELECT a FROM s ORDER BY a", division::snapshot, "x"},
      {"INSERT INTO x SELECT a FROM s GROUP BY a", division::snapshot, "x"},
      {"INSERT INTO x SELECT a FROM s UNION SELECT b FROM u", division::snapshot, "x"},
      {"INSERT INTO x SELECT a FROM x", division::snapshot, "x"},
      {"INSERT INTO x SELECT a FROM s WHERE NOT EXISTS (SELECT FROM x WHERE x.a = s.a)",
       division::snapshot, "x"},
      {"INSERT INTO x SELECT g FROM generate_series(1, 10) g", division::snapshot, "x"},
      {"WITH c AS (SELECT a FROM s) INSERT INTO x SELECT a FROM c", division::snapshot, "x"},
      {"INSERT INTO x (SELECT a FROM s)", division::snapshot, "x"},
      {"WITH s AS (SELECT a FROM s WHERE b) INSERT INTO x SELECT a FROM s", division::snapshot,
       "x"},
      {"INSERT INTO x SELECT a FROM s AS s (a, b)", division::snapshot, "x"},
  });
}

TEST(Division, LeavesAnInsertOpenWhoseConflictsItCannotTellApart) {
  for (const char* clause :
       {"ON CONFLICT ON CONSTRAINT k DO UPDATE SET p = 1",
        "ON CONFLICT (lower(p)) DO UPDATE SET p = 1", "ON CONFLICT (q) DO UPDATE SET p = 1"}) {
    const job j = read_one(std::string("INSERT INTO x (p) SELECT a FROM s ") + clause);
    EXPECT_EQ(j.what.by, division::none) << clause;
    ASSERT_TRUE(j.what.undivided) << clause;
    EXPECT_EQ(j.what.undivided->code, errc::marker_needed);
  }
}

TEST(Division, GoesByTheSourceOfAMergeThatKeepsItsRowsApart) {
  expect_shapes({
      {"MERGE INTO t USING s ON t.k = s.k WHEN MATCHED THEN UPDATE SET a = s.a", division::source,
       "s"},
      {"MERGE INTO t USING s ON t.k = s.k WHEN NOT MATCHED THEN INSERT (k, a) VALUES (s.k, s.a)",
       division::source, "s"},
      {"MERGE INTO t USING s ON t.k = s.k WHEN NOT MATCHED THEN INSERT (k, a) VALUES (s.j, s.a)",
       division::none, "t"},
      {"MERGE INTO t USING s ON t.k = s.k WHEN NOT MATCHED THEN INSERT (a) VALUES (s.a)",
       division::none, "t"},
      {"MERGE INTO t USING s ON true WHEN MATCHED THEN DELETE", division::none, "t"},
      {"MERGE INTO t USING s JOIN u ON u.k = s.k ON t.k = s.k WHEN MATCHED THEN DELETE",
       division::none, "t"},
      {"MERGE INTO t USING s ON t.k = s.k WHEN MATCHED THEN UPDATE SET k = t.k + 1", division::none,
       "t"},
      {"MERGE INTO t USING s ON t.k = s.k WHEN MATCHED THEN UPDATE SET a = (SELECT max(a) FROM t)",
       division::none, "t"},
  });
  EXPECT_THAT(
      read_one("MERGE INTO t USING s x ON t.k = x.k WHEN MATCHED THEN DELETE").what.unique_by,
      ElementsAre("k"));
}

TEST(Division, ComputesOtherSourcesOfAMergeOnce) {
  expect_shapes({
      {"MERGE INTO t USING (SELECT * FROM s) s ON t.k = s.k WHEN MATCHED THEN DELETE",
       division::snapshot, "t"},
      {"MERGE INTO t USING (VALUES (1, 2)) AS v (k, a) ON t.k = v.k WHEN MATCHED THEN DELETE",
       division::snapshot, "t"},
      {"MERGE INTO t USING t s ON t.k = s.k WHEN MATCHED THEN DELETE", division::snapshot, "t"},
      {"MERGE INTO t USING s AS v (k) ON t.k = v.k WHEN MATCHED THEN DELETE", division::snapshot,
       "t"},
      {"MERGE INTO t USING (s JOIN u USING (i)) AS j ON t.k = j.k WHEN MATCHED THEN DELETE",
       division::snapshot, "t"},
      {"WITH c AS (SELECT 1 AS k) MERGE INTO t USING c ON t.k = c.k WHEN MATCHED THEN DELETE",
       division::snapshot, "t"},
      {"WITH c AS (SELECT 1 AS k) MERGE INTO t USING s ON t.k = s.k WHEN MATCHED THEN UPDATE SET "
       "a = (SELECT k FROM c)",
       division::none, "t"},
      {"MERGE INTO t USING ONLY s ON t.k = s.k WHEN MATCHED THEN DELETE", division::snapshot, "t"},
      {"MERGE INTO t USING s ON t.k = s.k WHEN NOT MATCHED THEN INSERT (k) OVERRIDING USER VALUE "
       "VALUES (s.k)",
       division::none, "t"},
      {"MERGE INTO t USING (SELECT 1 AS k) s ON t.k = s.k WHEN NOT MATCHED THEN INSERT VALUES (1)",
       division::none, "t"},
      {"MERGE INTO t USING (SELECT 1 AS k) s ON t.k = s.k WHEN MATCHED THEN UPDATE SET k = 2",
       division::none, "t"},
  });
}

TEST(Division, FindsThePiecesOfAMerge) {
  const job j = read_one(
      "WITH c AS (SELECT 1 AS k) MERGE INTO ONLY t AS x USING (SELECT k FROM c JOIN s ON true) AS "
      "v "
      "(k) ON x.k = v.k WHEN MATCHED THEN DELETE");

  ASSERT_TRUE(j.what.pieces);
  EXPECT_EQ(text(j, j.what.pieces->with), "WITH c AS (SELECT 1 AS k) ");
  EXPECT_EQ(text(j, j.what.pieces->head), "MERGE INTO ONLY t AS x USING ");
  EXPECT_EQ(text(j, j.what.pieces->query), "(SELECT k FROM c JOIN s ON true) AS v (k)");
  EXPECT_EQ(text(j, j.what.pieces->tail), " ON x.k = v.k WHEN MATCHED THEN DELETE");
  EXPECT_THAT(j.what.pieces->distinct, ElementsAre("k"));
  EXPECT_EQ(j.what.merged_as, "v");
}

TEST(Division, GoesByTheRowsThatAWithMovesOrMakes) {
  expect_shapes({
      {"WITH m AS (DELETE FROM t WHERE old RETURNING a) INSERT INTO x SELECT a FROM m",
       division::source, "t"},
      {"WITH m AS (DELETE FROM t RETURNING a) INSERT INTO x SELECT max(a) FROM m GROUP BY a",
       division::none, "x"},
      {"WITH m AS (DELETE FROM t RETURNING a) INSERT INTO t SELECT a FROM m", division::none, "t"},
      {"WITH m AS (INSERT INTO x (tid) SELECT id FROM t RETURNING xid, tid) UPDATE t SET f = m.xid "
       "FROM m WHERE t.id = m.tid",
       division::source, "t"},
      {"WITH m AS (INSERT INTO x (n) SELECT name FROM t RETURNING xid, n) UPDATE t SET f = m.xid "
       "FROM m WHERE t.k = m.n",
       division::none, "t"},
      {"WITH m AS (INSERT INTO x (tid) SELECT id FROM t RETURNING tid) DELETE FROM t USING m WHERE "
       "t.id = m.tid",
       division::source, "t"},
      {"WITH m AS (INSERT INTO x (tid) OVERRIDING USER VALUE SELECT id FROM t RETURNING tid) "
       "UPDATE "
       "t SET f = 1 FROM m WHERE t.id = m.tid",
       division::none, "t"},
      {"WITH m AS (DELETE FROM t RETURNING a) INSERT INTO x SELECT b.a FROM m JOIN m b ON b.a = "
       "m.a",
       division::none, "x"},
      {"WITH m AS (INSERT INTO x (tid) SELECT id FROM t RETURNING tid) UPDATE t SET f = (SELECT "
       "count(*) FROM m) FROM m WHERE t.id = m.tid",
       division::none, "t"},
      {"WITH m AS (INSERT INTO x (tid, n) SELECT id, (SELECT max(a) FROM t) FROM t RETURNING tid) "
       "UPDATE t SET f = 1 FROM m WHERE t.id = m.tid",
       division::none, "t"},
  });
}

TEST(Division, PutsTheConditionWhereTheDrivingRowsAreRead) {
  const auto batch = [](const std::string& sql) {
    return batch_statement(read_one(sql), "l", "COND");
  };

  EXPECT_EQ(batch("INSERT INTO x SELECT a FROM s"),
            "INSERT INTO x SELECT a FROM l AS s WHERE COND");
  EXPECT_EQ(batch("INSERT INTO x (p) SELECT a FROM s y WHERE b OR c ON CONFLICT DO NOTHING"),
            "INSERT INTO x (p) SELECT a FROM l y WHERE (b OR c) AND (COND) ON CONFLICT DO NOTHING");
  EXPECT_EQ(batch("UPDATE t SET a = c IS DISTINCT FROM d FROM b WHERE b.id = t.id"),
            "UPDATE l AS t SET a = c IS DISTINCT FROM d FROM b WHERE (b.id = t.id) AND (COND)");
  EXPECT_EQ(batch("DELETE FROM t USING b"), "DELETE FROM l AS t USING b WHERE COND");
  EXPECT_EQ(batch("MERGE INTO t USING s ON t.k = s.k WHEN MATCHED THEN DELETE"),
            "MERGE INTO t USING (SELECT * FROM l AS s WHERE COND) AS s ON t.k = s.k WHEN MATCHED "
            "THEN DELETE");
  EXPECT_EQ(
      batch("WITH m AS (DELETE FROM t RETURNING a) INSERT INTO x SELECT a FROM m WHERE a > 1"),
      "WITH m AS (DELETE FROM l AS t WHERE COND RETURNING a) INSERT INTO x SELECT a FROM m WHERE a "
      "> 1");
}

TEST(Division, RemarksOnAJoinThatSaysNothing) {
  EXPECT_THAT(read_one("UPDATE t SET a = f.a FROM t f WHERE f.b IS NOT NULL").what.remarks,
              ElementsAre(HasSubstr("may match all of them")));
  EXPECT_TRUE(read_one("UPDATE t SET a = f.a FROM t f WHERE f.id = t.id").what.remarks.empty());
}

}  // namespace
}  // namespace pawl::sql
