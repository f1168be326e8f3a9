#include "sql/pending.hpp"

#include "reading.hpp"

namespace pawl::sql {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

bool proven(const std::string& sql) {
  return read_one(sql).what.pending.has_value();
}

TEST(Pending, EachFormOfTheDefinitionIsProven) {
  for (const char* sql : {
           "UPDATE t SET c = upper(a) WHERE c IS NULL",
           "UPDATE t SET c = upper(a) WHERE (x > 1) AND (y AND (c IS NULL))",
           "UPDATE t SET c = 1, d = a WHERE t.c IS NULL",
           "UPDATE s.t SET c = a WHERE t.c IS NULL",
           "UPDATE t x SET c = a WHERE x.c IS NULL",
           "UPDATE t SET c = lower(a) WHERE c IS DISTINCT FROM lower(a)",
           "UPDATE t SET c = lower(a) WHERE lower( a /* x */ ) IS DISTINCT FROM (c)",
           "UPDATE t SET c = 'x' WHERE c <> ('x')",
           "UPDATE t SET c = lower(a) WHERE t.c <> lower(t.a)",
           "UPDATE t x SET c = x.a WHERE a IS DISTINCT FROM c",
           "UPDATE t SET c = 'x' WHERE 'x' != c",
           "UPDATE t SET c = 'a' WHERE c NOT IN ('b', 'a')",
           "UPDATE t SET c = 'a' WHERE c <> ALL (ARRAY['b', 'a'])",
           "UPDATE t SET c = now(), d = CURRENT_USER WHERE c IS NULL",
           "UPDATE t SET c = a[1] WHERE c IS NULL",
           "UPDATE t SET c = NULL WHERE c IS DISTINCT FROM NULL",
           "UPDATE t SET (c, d) = (a, b) WHERE c IS NULL",
           "UPDATE t SET (d, c) = ROW (upper(a), b) WHERE c IS DISTINCT FROM b",
       }) {
    EXPECT_TRUE(proven(sql)) << sql;
  }
}

TEST(Pending, WhatReadsAnAssignedColumnIsNot) {
  for (const char* sql : {
           "UPDATE t SET bal = bal + 1 WHERE active",
           "UPDATE t SET price = price * 1.1 WHERE price <> price * 1.1",
           "UPDATE t SET a = b, b = a WHERE a IS NULL",
           "UPDATE t SET (a, b) = (b, a) WHERE a IS NULL",
           "UPDATE t SET code = upper(cur), n = n + 1 WHERE code IS NULL",
           "UPDATE t SET c = a, n = t.n + 1 WHERE c IS NULL",
           "UPDATE s.t SET c = a, n = s.t.n + 1 WHERE c IS NULL",
           "UPDATE t x SET c = a, n = x.n + 1 WHERE c IS NULL",
           "UPDATE t SET c = a, n = N + 1 WHERE c IS NULL",
           "UPDATE t SET c = a, n = CASE WHEN true THEN \"n\" END WHERE c IS NULL",
           "UPDATE t SET c = a, n = coalesce(greatest(n[1]), 1) WHERE c IS NULL",
           "UPDATE t SET c = a, n = n::text COLLATE \"C\" || 'x' WHERE c IS NULL",
           "UPDATE t SET c = a, n = array[row(n)] WHERE c IS NULL",
       }) {
    EXPECT_FALSE(proven(sql)) << sql;
  }
}

TEST(Pending, WhatReadsTheWholeRowIsNot) {
  for (const char* sql : {
           "UPDATE t SET c = f(t) WHERE c IS NULL",
           "UPDATE t SET c = f(t.*) WHERE c IS NULL",
           "UPDATE t SET c = (t).a WHERE c IS NULL",
           "UPDATE t x SET c = f(x) WHERE c IS NULL",
           "UPDATE t SET c = t::text WHERE c IS NULL",
           "UPDATE t SET c = (a).b WHERE c IS NULL",
           "UPDATE t SET c = a WHERE c IS NULL AND f(t)",
           "UPDATE t SET c = a WHERE c IS NULL AND t IS NOT NULL",
           "UPDATE t SET c = xmin::text WHERE c IS NULL",
           "UPDATE t SET c = t.ctid::text WHERE c IS NULL",
       }) {
    EXPECT_FALSE(proven(sql)) << sql;
  }
}

TEST(Pending, WhereMustTurnFalseAsAWhole) {
  for (const char* sql : {
           "UPDATE t SET c = a",
           "UPDATE t SET c = a WHERE x",
           "UPDATE t SET c = a WHERE c IS NULL OR flag",
           "UPDATE t SET c = a WHERE (c IS NULL OR flag) AND y",
           "UPDATE t SET c = a WHERE NOT (c IS NULL)",
           "UPDATE t SET c = a WHERE c IS NOT NULL",
           "UPDATE t SET c = a WHERE d IS NULL",
           "UPDATE t SET c = NULL WHERE c IS NULL",
           "UPDATE t SET c = (NULL::text) WHERE c IS NULL",
           "UPDATE t SET c = CAST(NULL AS text) COLLATE \"C\" WHERE c IS NULL",
           "UPDATE t SET c = lower(a) WHERE c IS DISTINCT FROM lower(b)",
           "UPDATE t SET c = 'x' WHERE c <> 'X'",
           "UPDATE t SET c = 'x' WHERE c = 'x'",
           "UPDATE t SET c = 'x' WHERE c IS NOT DISTINCT FROM 'x'",
           "UPDATE t SET c = 'x' WHERE c <> ANY (ARRAY['x', 'y'])",
           "UPDATE t SET c = 'x' WHERE c IN ('x', 'y')",
           "UPDATE t SET c = 'x' WHERE c NOT IN ('y', 'z')",
           "UPDATE t SET c = 'x' WHERE c = ALL (ARRAY['x'])",
           "UPDATE t SET c = 'x' WHERE c OPERATOR(my.<>) 'x'",
           "UPDATE t SET c = 'x' WHERE lower(c) <> 'x'",
           "UPDATE t SET c = 'x', d = 'y' WHERE c <> 'y' AND d <> 'x'",
           "UPDATE t SET c = a WHERE (c IS NULL) IS TRUE",
       }) {
    EXPECT_FALSE(proven(sql)) << sql;
  }
}

TEST(Pending, SubqueriesAndUnusualAssignmentsAreNot) {
  for (const char* sql : {
           "UPDATE t SET c = (SELECT max(a) FROM o) WHERE c IS NULL",
           "UPDATE t SET c = a, d = (SELECT 1) WHERE c IS NULL",
           "UPDATE t SET c = a WHERE c IS NULL AND EXISTS (SELECT FROM o)",
           "UPDATE t SET (c, d) = (SELECT 1, 2) WHERE c IS NULL",
           "UPDATE t SET (d, c) = (a, NULL) WHERE c IS NULL",
           "UPDATE t SET c = a, d = DEFAULT WHERE c IS NULL",
           "UPDATE t SET c = a, d[1] = 2 WHERE c IS NULL",
           "UPDATE t SET c = a, d.e = 2 WHERE c IS NULL",
           "UPDATE t SET c = row_number() OVER () WHERE c IS NULL",
           "UPDATE t SET c = U&\"x\" WHERE c IS NULL",
           "UPDATE s.t SET c = a WHERE s.t.c IS NULL",
           "DELETE FROM t WHERE c IS NULL",
       }) {
    EXPECT_FALSE(proven(sql)) << sql;
  }
}

TEST(Pending, ListsWhatTheCatalogHasToConfirm) {
  const job j = read_one(
      "UPDATE t SET c = app.norm(t.a)::int[] + 1, d = 'x'::app.kind WHERE c IS NULL "
      "AND b BETWEEN 1 AND 2 AND e LIKE 'x' AND CASE f WHEN 1 THEN true END");

  ASSERT_TRUE(j.what.pending);
  const pending_proof& proof = *j.what.pending;
  EXPECT_THAT(proof.calls.functions, ElementsAre("app.norm"));
  EXPECT_THAT(proof.calls.operators, UnorderedElementsAre("+", "<", "<=", ">", ">=", "~~", "="));
  EXPECT_THAT(proof.calls.types, ElementsAre("pg_catalog.int4[]", "app.kind"));
  EXPECT_THAT(proof.reads, UnorderedElementsAre("a", "b", "e", "f"));
}

TEST(Pending, UsesOfAssignedColumnsAreFoundWithTheirQualifiers) {
  const job j = read_one(
      "UPDATE s.\"T\" SET \"C\" = a WHERE \"C\" IS NULL AND \"T\" /* x */ . \"C\" IS NULL AND b");

  ASSERT_TRUE(j.what.pending);
  std::vector<std::string> uses;
  for (const column_use& use : j.what.pending->assigned) uses.push_back(text(j, use.where));
  EXPECT_THAT(uses, ElementsAre("\"C\"", "\"T\" /* x */ . \"C\""));
  EXPECT_EQ(text(j, j.what.pending->predicate), text(j, j.what.where));
}

}  // namespace
}  // namespace pawl::sql
