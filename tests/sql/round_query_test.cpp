// The queries by which loops of an author's own name the rows of a round: in which forms they are
// read, and why others are not.
#include <string>

#include "sql/reading.hpp"

namespace pawl::sql {
namespace {

using testing::HasSubstr;

std::string loop_of(const std::string& change) {
  return "DO $$ BEGIN LOOP " + change + "; EXIT WHEN NOT FOUND; COMMIT; END LOOP; END $$;";
}

void expect_unrolled(const std::string& change, const std::string& expected) {
  const job j = read_one(loop_of(change));
  EXPECT_EQ(std::string(text_of(j, j.what.statement)), expected) << change;
}

void expect_unlike(const std::string& change, const std::string& reason) {
  const error e = refusal_of(loop_of(change));
  EXPECT_EQ(e.code, errc::not_a_job) << change;
  EXPECT_THAT(e.message, HasSubstr(reason)) << change;
}

TEST(RoundsOfALoop, MayKnowTheTableByAnotherName) {
  expect_unrolled(
      "UPDATE t SET s = 'done' WHERE id IN (SELECT x.id FROM t x WHERE x.s = 'new' AND b > x.a "
      "LIMIT 5)",
      "UPDATE t SET s = 'done' WHERE (t.s = 'new' AND b > t.a )");
  expect_unrolled(
      "DELETE FROM t AS o WHERE o.id IN (SELECT i.id FROM t AS i WHERE (i.a OR f(i.b)) ORDER BY "
      "i.c LIMIT 5 FOR UPDATE OF i)",
      "DELETE FROM t AS o WHERE ((o.a OR f(o.b)) )");
  expect_unrolled("DELETE FROM app.t WHERE t.id IN (SELECT id FROM app.t x WHERE X . old LIMIT 5)",
                  "DELETE FROM app.t WHERE (t . old )");
  expect_unrolled("DELETE FROM t o WHERE id IN (SELECT t.id FROM t WHERE t.old LIMIT 5)",
                  "DELETE FROM t o WHERE (o.old )");
  expect_unrolled(
      "DELETE FROM \"T\" WHERE id IN (SELECT id FROM \"T\" \"X y\" WHERE \"X y\".x > 'x.x' /* "
      "x.x */ LIMIT 5)",
      "DELETE FROM \"T\" WHERE (\"T\".x > 'x.x' /* x.x */ )");
  expect_unrolled(
      "DELETE FROM t WHERE id IN (SELECT id FROM t U&\"!0078\" UESCAPE '!' WHERE "
      "U&\"!0078\" UESCAPE '!'.old LIMIT 5)",
      "DELETE FROM t WHERE (t.old )");
  expect_unrolled(
      "UPDATE t SET a = b WHERE id IN (SELECT x.id FROM t x WHERE x.a IS DISTINCT FROM x.b LIMIT "
      "5)",
      "UPDATE t SET a = b WHERE (t.a IS DISTINCT FROM t.b )");
  expect_unrolled(
      "UPDATE t SET a = 1 WHERE id IN (SELECT x.id FROM t x WHERE x.a IS NULL LIMIT 5) AND t.a IS "
      "NULL",
      "UPDATE t SET a = 1 WHERE (t.a IS NULL ) AND t.a IS NULL");
}

TEST(RoundsOfALoop, ThatMayNameTheRowAroundThemAreRefused) {
  expect_unlike("DELETE FROM t WHERE id IN (SELECT x.id FROM t x WHERE t.old LIMIT 5)",
                "names t.old, which is not of its own table");
  expect_unlike("DELETE FROM t o WHERE id IN (SELECT t.id FROM t WHERE o.old LIMIT 5)",
                "names o.old");
  expect_unlike("DELETE FROM t WHERE id IN (SELECT id FROM t x WHERE x.old ORDER BY t.a LIMIT 5)",
                "names t.a");
  expect_unlike("DELETE FROM app.t WHERE id IN (SELECT id FROM app.t WHERE app.t.old LIMIT 5)",
                "more than its table's name");
  expect_unlike("DELETE FROM app.t WHERE id IN (SELECT id FROM app.t x WHERE app.t.old LIMIT 5)",
                "more than its table's name");
  expect_unlike("DELETE FROM t WHERE id IN (SELECT id FROM t x WHERE x IS NULL LIMIT 5)",
                "\"x\" may stand for a whole row");
  expect_unlike("DELETE FROM t WHERE id IN (SELECT id FROM t x WHERE t IS NULL LIMIT 5)",
                "\"t\" may stand for a whole row");
  expect_unlike("DELETE FROM t WHERE id IN (SELECT id FROM t x WHERE (x).old LIMIT 5)",
                "\"x\" may stand for a whole row");
  expect_unlike("DELETE FROM t WHERE id IN (SELECT x.id FROM t x (id, old) WHERE x.old LIMIT 5)",
                "renames the columns");
  expect_unlike("DELETE FROM t WHERE id IN (SELECT x.id FROM t AS t (id, old) WHERE old LIMIT 5)",
                "renames the columns");
}

TEST(RoundsOfALoop, MayBeNamedByWith) {
  const std::string with = "WITH batch AS (SELECT id FROM t WHERE a IS NULL LIMIT 5) ";

  expect_unrolled(with + "UPDATE t SET a = 1 WHERE id IN (SELECT id FROM batch)",
                  "UPDATE t SET a = 1 WHERE (a IS NULL )");
  expect_unrolled(with + "DELETE FROM t WHERE t.id = ANY (SELECT b.id FROM batch b)",
                  "DELETE FROM t WHERE (a IS NULL )");
  expect_unrolled(with + "DELETE FROM t WHERE id IN (TABLE batch)",
                  "DELETE FROM t WHERE (a IS NULL )");
  expect_unrolled(
      "WITH batch AS MATERIALIZED (SELECT x.id AS pk FROM t x WHERE x.old LIMIT 5 FOR UPDATE SKIP "
      "LOCKED) DELETE FROM t o WHERE o.id = ANY (ARRAY(SELECT pk FROM batch))",
      "DELETE FROM t o WHERE (o.old )");
  expect_unrolled(with + "UPDATE t SET a = 1 FROM batch AS b WHERE b.id = t.id",
                  "UPDATE t SET a = 1 WHERE a IS NULL");
  expect_unrolled(with + "DELETE FROM t USING batch WHERE t.id = batch.id",
                  "DELETE FROM t WHERE a IS NULL");
}

TEST(RoundsOfALoop, WhoseWithIsMoreThanTheirQueryAreRefused) {
  const std::string with = "WITH b AS (SELECT id FROM t WHERE a IS NULL LIMIT 5) ";
  const std::string renamed = "WITH b AS (SELECT id AS pk FROM t WHERE a IS NULL LIMIT 5) ";

  expect_unlike(renamed + "DELETE FROM t WHERE id IN (SELECT id FROM b)", "SELECT pk FROM b");
  expect_unlike(renamed + "UPDATE t SET a = pk FROM b WHERE t.id = b.pk", "its WHERE is not");
  expect_unlike(
      "WITH b (pk) AS (SELECT id FROM t WHERE old LIMIT 5) DELETE FROM t WHERE id IN "
      "(SELECT id FROM b)",
      "its WITH is not");
  expect_unlike(
      "WITH t AS (SELECT id FROM t WHERE old LIMIT 5) DELETE FROM t WHERE id IN (SELECT "
      "id FROM t)",
      "its WITH is not");
  expect_unlike(
      "WITH b AS (SELECT id FROM t WHERE old LIMIT 5), c AS (SELECT id FROM b) DELETE "
      "FROM t WHERE id IN (SELECT id FROM c)",
      "its WITH is not");
  expect_unlike(
      "WITH b AS (DELETE FROM t WHERE old RETURNING id) UPDATE t SET a = 1 WHERE id IN "
      "(SELECT id FROM b)",
      "its WITH is not");
  expect_unlike(with + "DELETE FROM t WHERE id IN (SELECT t.id FROM b)", "SELECT id FROM b");
  expect_unlike(with + "DELETE FROM t WHERE id IN (SELECT id FROM b LIMIT 1)", "SELECT id FROM b");
  expect_unlike(with + "DELETE FROM t WHERE id IN (SELECT id FROM b WHERE id > 1)",
                "SELECT id FROM b");
  expect_unlike(with + "DELETE FROM t WHERE id IN (SELECT id FROM b x (pk))", "SELECT id FROM b");
  expect_unlike(with + "DELETE FROM t WHERE id IN (SELECT id FROM public.b)", "SELECT id FROM b");
  expect_unlike(with + "DELETE FROM t WHERE id IN (SELECT max(id) FROM b)", "SELECT id FROM b");
  expect_unlike(with + "DELETE FROM t WHERE id NOT IN (SELECT id FROM b)", "no query names");
  expect_unlike(with + "DELETE FROM t WHERE id <> ALL (SELECT id FROM b)", "no query names");
  expect_unlike(with + "DELETE FROM t WHERE id < ANY (SELECT id FROM b)", "no query names");
  expect_unlike(with + "UPDATE t SET a = (SELECT count(*) FROM b) WHERE id IN (SELECT id FROM b)",
                "SELECT id FROM b");
  expect_unlike(with + "UPDATE t SET a = (SELECT count(*) FROM b) FROM b WHERE t.id = b.id",
                "b is read once more");
  expect_unlike(with + "UPDATE t SET a = b.id FROM b WHERE t.id = b.id", "b is read once more");
  expect_unlike(with + "UPDATE t SET a = 1 FROM b WHERE t.id = b.id AND a IS NULL",
                "its WHERE is not");
  expect_unlike(with + "UPDATE t SET a = 1 FROM b, u WHERE t.id = b.id", "its FROM is not");
  expect_unlike(with + "UPDATE t SET a = 1 WHERE id IN (SELECT id FROM b) AND c",
                "asks more of a row");
}

TEST(RoundsOfALoop, MayBeASubqueryOfFrom) {
  expect_unrolled(
      "UPDATE t SET a = extract(year FROM d) FROM (SELECT id FROM t WHERE a IS NULL LIMIT 5) b "
      "WHERE t.id = b.id",
      "UPDATE t SET a = extract(year FROM d) WHERE a IS NULL");
  expect_unrolled(
      "UPDATE t o SET a = 1 FROM (SELECT x.id FROM t x WHERE x.a IS NULL ORDER BY x.id LIMIT 5) AS "
      "b WHERE b.id = o.id",
      "UPDATE t o SET a = 1 WHERE o.a IS NULL");
  expect_unrolled(
      "DELETE FROM t USING (SELECT ctid FROM t WHERE old LIMIT 5) AS b WHERE t.ctid = b.ctid",
      "DELETE FROM t WHERE old");

  const auto unlike = [](const std::string& query, const std::string& where,
                         const std::string& reason) {
    expect_unlike("UPDATE t SET a = 1 FROM " + query + " WHERE " + where, reason);
  };
  const std::string query = "(SELECT id FROM t WHERE a IS NULL LIMIT 5)";
  unlike(query + " b", "t.id = b.id AND c", "its WHERE is not");
  unlike(query + " b", "t.id = b.id OR c", "its WHERE is not");
  unlike(query + " b", "t.id >= b.id", "its WHERE is not");
  unlike(query + " b", "t.parent = b.id", "its WHERE is not");
  unlike(query + " b", "id = b.id", "its WHERE is not");
  unlike(query + " b (id)", "t.id = b.id", "its FROM is not");
  unlike("LATERAL " + query + " b", "t.id = b.id", "its FROM is not");
  unlike(query + " b, u", "t.id = b.id", "its FROM is not");
  unlike(query + " b JOIN u ON true", "t.id = b.id", "its FROM is not");
  unlike("(SELECT parent AS id FROM t WHERE a IS NULL LIMIT 5) b", "t.id = b.id",
         "its WHERE is not `t.parent = b.parent` alone");
  unlike("(SELECT id FROM t x WHERE t.a IS NULL LIMIT 5) b", "t.id = b.id", "names t.a");
  unlike("(SELECT id, a FROM t WHERE a IS NULL LIMIT 5) b", "t.id = b.id",
         "something else than one column");
  unlike("(SELECT id FROM u WHERE a IS NULL LIMIT 5) b", "t.id = b.id", "reads u, another table");
  expect_unlike("UPDATE t SET a = b.id FROM " + query + " b WHERE t.id = b.id", "read once more");
  expect_unlike("UPDATE t SET a = (b).id FROM " + query + " b WHERE t.id = b.id", "read once more");
}

TEST(RoundsOfALoop, AreRefusedWithThePartThatIsOtherwise) {
  const auto of_query = [](const std::string& query, const std::string& reason) {
    expect_unlike("DELETE FROM t WHERE id IN (" + query + ")", reason);
  };

  of_query("SELECT id FROM t LIMIT 5", "no WHERE");
  of_query("SELECT id FROM t WHERE old", "no LIMIT");
  of_query("SELECT id FROM t WHERE old OFFSET 5", "OFFSET");
  of_query("SELECT DISTINCT id FROM t WHERE old LIMIT 5", "DISTINCT");
  of_query("SELECT id FROM t WHERE old GROUP BY id LIMIT 5", "groups");
  of_query("SELECT id FROM t WHERE old HAVING true LIMIT 5", "groups");
  of_query("SELECT id FROM t WHERE old WINDOW w AS () LIMIT 5", "WINDOW");
  of_query("WITH t AS (SELECT 1 AS id, true AS old) SELECT id FROM t WHERE old LIMIT 5",
           "WITH of its own");
  of_query("SELECT id FROM t WHERE old UNION SELECT id FROM t WHERE a LIMIT 5", "set operation");
  of_query("SELECT id FROM t, u WHERE old LIMIT 5", "more than one table");
  of_query("SELECT t.id FROM t JOIN u USING (id) WHERE old LIMIT 5", "more than a plain table");
  of_query("SELECT id FROM t TABLESAMPLE system (5) WHERE old LIMIT 5", "more than a plain table");
  of_query("SELECT id FROM u WHERE old LIMIT 5", "reads u, another table than t");
  of_query("SELECT id FROM app.t WHERE old LIMIT 5", "another schema");
  of_query("SELECT id FROM ONLY t WHERE old LIMIT 5", "ONLY");
  of_query("SELECT id + 1 FROM t WHERE old LIMIT 5", "something else than one column");
  of_query("SELECT * FROM t WHERE old LIMIT 5", "something else than one column");
  of_query("SELECT parent FROM t WHERE old LIMIT 5", "id is sought among values of parent");
  of_query("SELECT id FROM t WHERE old AND EXISTS (SELECT FROM u) LIMIT 5", "asks a subquery");
  expect_unlike("DELETE FROM t USING u WHERE id IN (SELECT id FROM t WHERE old LIMIT 5)",
                "id is sought among values of id, maybe of another table");
  expect_unrolled("DELETE FROM t USING u WHERE t.id IN (SELECT id FROM t WHERE old LIMIT 5)",
                  "DELETE FROM t USING u WHERE (old )");
  expect_unlike("DELETE FROM t WHERE id + 1 IN (SELECT id FROM t WHERE old LIMIT 5)",
                "no column is sought");
  expect_unlike("DELETE FROM t WHERE (id, a) IN (SELECT id, a FROM t WHERE old LIMIT 5)",
                "no column is sought");
  expect_unlike("DELETE FROM t WHERE id >= 5 AND id < 10", "no query names the rows");
  expect_unlike("DELETE FROM t", "no WHERE");
  EXPECT_THAT(refusal_of("DO $$ DECLARE low int := 0; BEGIN LOOP UPDATE t SET a = 1 WHERE id >= "
                         "low AND id < low + 5; EXIT WHEN NOT FOUND; low := low + 5; END LOOP; END "
                         "$$;")
                  .message,
              HasSubstr("windows that the variable \"low\" moves"));
}

}  // namespace
}  // namespace pawl::sql
