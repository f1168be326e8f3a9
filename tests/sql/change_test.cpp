#include "sql/change.hpp"

#include "reading.hpp"

namespace pawl::sql {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Change, ReadsAPlainUpdate) {
  const job j = read_one(
      "-- c\nUPDATE financials SET currency_code = upper(currency), n = 1\n"
      " WHERE currency_code IS NULL ;\n-- end");

  EXPECT_EQ(j.what.kind, change_kind::update);
  EXPECT_EQ(j.what.target, (relation_name{"", "financials"}));
  EXPECT_EQ(text(j, j.what.target_text), "financials");
  EXPECT_EQ(text(j, j.what.where), "currency_code IS NULL");
  EXPECT_THAT(j.what.set_columns, ElementsAre("currency_code", "n"));
  ASSERT_EQ(j.what.assignments.size(), 2U);
  EXPECT_EQ(text(j, j.what.assignments[0].expression), "upper(currency)");
  EXPECT_EQ(text(j, j.what.assignments[1].expression), "1");
  EXPECT_EQ(text(j, j.what.statement),
            "UPDATE financials SET currency_code = upper(currency), n = 1\n"
            " WHERE currency_code IS NULL");
}

TEST(Change, ReadsAPlainDelete) {
  const job j = read_one("delete from \"Order\".\"It\"\"em\" as i where done");

  EXPECT_EQ(j.what.kind, change_kind::remove);
  EXPECT_EQ(j.what.target, (relation_name{"Order", "It\"em"}));
  EXPECT_EQ(text(j, j.what.target_text), "\"Order\".\"It\"\"em\"");
  EXPECT_EQ(j.what.alias, "i");
  EXPECT_EQ(text(j, j.what.where), "done");
  EXPECT_FALSE(j.what.pending);
}

TEST(Change, FindsTheRelationInEveryFormItCanHave) {
  struct form {
    std::string relation, name, behind, alias;
    bool only;
  };
  for (const form& f :
       std::vector<form>{{"t", "t", "t", "", false},
                         {"ONLY t", "t", "ONLY t", "", true},
                         {"ONLY (s.T) x", "s.T", "ONLY (s.T)", "x", true},
                         {"t * AS x", "t", "t *", "x", false},
                         {"s /* c */ . -- d\n t AS \"X y\"", "s /* c */ . -- d\n t",
                          "s /* c */ . -- d\n t", "X y", false},
                         {"U&\"d!0061t\" UESCAPE '!' x", "U&\"d!0061t\" UESCAPE '!'",
                          "U&\"d!0061t\" UESCAPE '!'", "x", false},
                         {"t AS set", "t", "t", "set", false}}) {
    const job j = read_one("UPDATE " + f.relation + " SET a = 1");
    EXPECT_EQ(text(j, j.what.target_text), f.name);
    EXPECT_EQ(text(j, {7, j.what.alias_insert}), f.behind);
    EXPECT_EQ(j.what.alias, f.alias);
    EXPECT_EQ(j.what.only, f.only);
  }
}

TEST(Change, ExpressionsEndAtTheirOwnComma) {
  const job j = read_one(
      "UPDATE t SET a = f(1, ARRAY[2, 3], (SELECT x, y FROM o WHERE p LIMIT 1)), "
      "b = CASE WHEN c = d THEN e END /* x */, c = (1) -- y\n WHERE z IN (1, 2)");

  ASSERT_EQ(j.what.assignments.size(), 3U);
  EXPECT_EQ(text(j, j.what.assignments[0].expression),
            "f(1, ARRAY[2, 3], (SELECT x, y FROM o WHERE p LIMIT 1))");
  EXPECT_EQ(text(j, j.what.assignments[1].expression), "CASE WHEN c = d THEN e END");
  EXPECT_EQ(text(j, j.what.assignments[2].expression), "(1)");
  EXPECT_EQ(text(j, j.what.where), "z IN (1, 2)");
}

TEST(Change, NamesEveryColumnThatSetAssigns) {
  const job j = read_one(
      "UPDATE t SET (a, b) = (SELECT 1, 2), (c, d) = ROW (f(1, 2), (3)), e[1] = 2, f.g = 3, "
      "h = DEFAULT, (\"I\", j) = (4, DEFAULT), (k, l) = ((SELECT 5, 6)) FROM u");

  EXPECT_THAT(j.what.set_columns,
              ElementsAre("a", "b", "c", "d", "e", "f", "h", "I", "j", "k", "l"));
  EXPECT_THAT(j.what.defaults, ElementsAre("h", "j"));
  std::string read;
  for (const assignment& a : j.what.assignments) {
    read += a.column + "=" + std::string(text(j, a.expression)) + ";";
  }
  for (const row_assignment& a : j.what.row_assignments) {
    read += a.columns.front() + "," + a.columns.back() + "=" + std::string(text(j, a.query)) + ";";
  }
  EXPECT_EQ(read, "c=f(1, 2);d=(3);I=4;a,b=(SELECT 1, 2);k,l=((SELECT 5, 6));");
}

TEST(Change, AWithThatChangesDataForAQueryNeedsAMarker) {
  expect_refused("WITH x AS (DELETE FROM t RETURNING *) SELECT 1 FROM x",
                 {errc::marker_needed, 1, 1, "WITH"});
  EXPECT_THAT(refusal_of("WITH x AS (DELETE FROM t RETURNING *) SELECT 1 FROM x").hint,
              testing::AllOf(HasSubstr("-- pawl:batch"), HasSubstr("/* pawl:range */ true")));
  expect_refused("DELETE FROM t WHERE CURRENT OF c", {errc::not_a_job, 1, 1, "CURRENT OF"});
}

TEST(Change, AMarkedStatementNeedsTableAndKey) {
  const std::string insert = "INSERT INTO a SELECT * FROM b WHERE /* pawl:range */ true";

  expect_refused(insert, {errc::marker_needed, 1, 1, "without `-- pawl:batch`"});
  expect_refused("-- pawl:batch x key=id\n" + insert, {errc::marker_needed, 2, 1, "table="});
  expect_refused("-- pawl:batch x table=b\n" + insert, {errc::marker_needed, 2, 1, "key="});
  expect_refused("-- pawl:batch x table=b key=id\nINSERT INTO a SELECT * FROM b",
                 {errc::marker_needed, 2, 1, "without a marker"});

  const job j = read_one("-- pawl:batch x table=app.b key=b.\"Id\",n\n" + insert);
  EXPECT_EQ(j.what.kind, change_kind::marked);
  EXPECT_EQ(j.what.target, (relation_name{"app", "b"}));
  EXPECT_THAT(j.key, ElementsAre("Id", "n"));
  EXPECT_THAT(j.key_text, ElementsAre("b.\"Id\"", "n"));
  EXPECT_TRUE(j.what.where.empty());
  ASSERT_EQ(j.what.markers.size(), 1U);
  EXPECT_EQ(text(j, j.what.markers[0]), "/* pawl:range */ true");
}

TEST(Change, AMarkedUpdateOfItsOwnTableTellsWhatItSets) {
  const std::string update =
      "UPDATE u SET a = v.a FROM v WHERE u.id = v.id AND /* pawl:range */ true";

  EXPECT_THAT(read_one("-- pawl:batch x table=s.u key=u.id\n" + update).what.set_columns,
              ElementsAre("a"));
  EXPECT_THAT(read_one("-- pawl:batch x table=v key=v.id\n" + update).what.set_columns, IsEmpty());
}

TEST(Change, SqlNewerThanTheParserPassesWithMarkerAndDirective) {
  const std::string merge =
      "MERGE INTO t USING (SELECT * FROM s WHERE /* pawl:range */ true) s ON t.a = s.a "
      "WHEN MATCHED THEN DELETE RETURNING merge_action()";

  EXPECT_EQ(read_one("-- pawl:batch x table=s key=id\n" + merge).what.kind, change_kind::marked);
  expect_refused(merge, {errc::sql_syntax, 1, 106, "syntax error at or near \"RETURNING\""});
  EXPECT_THAT(refusal_of(merge).hint, HasSubstr("/* pawl:range */ true"));
}

TEST(Change, OtherStatementsAreNoJobs) {
  expect_refused("UPDATE t SET a = 1;\nCREATE TABLE x (a int);",
                 {errc::not_a_job, 2, 1, "`CREATE`"});
  expect_refused("BEGIN;\nUPDATE t SET a = 1; COMMIT;", {errc::not_a_job, 1, 1, "`BEGIN`"});
  expect_refused("SET work_mem = '1GB';", {errc::not_a_job, 1, 1, "`SET`"});
  expect_refused("SELECT 1;", {errc::not_a_job, 1, 1, "a query"});
  expect_refused("WITH x AS (SELECT 1) SELECT * FROM x", {errc::not_a_job, 1, 1, "a query"});
  expect_refused("INSERT INTO t VALUES (1)", {errc::not_a_job, 1, 1, "listed rows"});
  expect_refused("UPDATE t SET a = 1 RETURNING a", {errc::not_a_job, 1, 1, "RETURNING"});
  expect_refused("DELETE FROM t RETURNING a", {errc::not_a_job, 1, 1, "RETURNING"});
  expect_refused("CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; END",
                 {errc::not_a_job, 1, 1, "`CREATE`"});
  expect_refused("UPDTE t SET a = 1",
                 {errc::sql_syntax, 1, 1, "syntax error at or near \"UPDTE\""});
}

TEST(Change, ParametersAreRefused) {
  expect_refused("UPDATE t SET a = $1", {errc::sql_syntax, 1, 18, "parameter $1"});
}

TEST(Change, TableOfASimpleStatementMustBeItsOwn) {
  EXPECT_EQ(read_one("-- pawl:batch x table=S.T\nUPDATE t SET a = 1").what.kind,
            change_kind::update);
  expect_refused("-- pawl:batch x table=u\nUPDATE t SET a = 1",
                 {errc::bad_directive, 1, 1, "names `u`"});
}

}  // namespace
}  // namespace pawl::sql
