// Partitioned tables: leaf by leaf, each row once.
#include <gtest/gtest.h>

#include "run/job_fixture.hpp"

namespace pawl::run {

namespace {

constexpr auto by_range =
    "CREATE TABLE p (id int, n int NOT NULL DEFAULT 0, PRIMARY KEY (id)) PARTITION BY RANGE (id);"
    "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (100);"
    "CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (100) TO (200);"
    "CREATE TABLE empty PARTITION OF p FOR VALUES FROM (200) TO (300);"
    "CREATE TABLE p3 PARTITION OF p DEFAULT;"
    "INSERT INTO p SELECT i FROM generate_series(1, 400) i WHERE i NOT BETWEEN 200 AND 299";

}  // namespace

TEST_P(Job, ChangesEachRowOfRangePartitionsOnce) {
  const test::test_database db(version());
  db.sql(by_range);
  const auto end = run_job(db.url(), "UPDATE p SET n = p.n + 1 WHERE p.id > 0;");
  ASSERT_EQ(outcome(end), "done");
  EXPECT_EQ(db.value("SELECT count(*) FROM p WHERE n = 1"), "300");
  EXPECT_EQ(end.rows_scanned, 300);
  EXPECT_EQ(db.value("SELECT count(*) FROM pawl.leaf"), "4");
}

TEST_P(Job, ChangesEachRowOfNestedListPartitionsOnceUnderAnAlias) {
  const test::test_database db(version());
  db.sql(
      "CREATE TABLE p (id int, kind text, n int NOT NULL DEFAULT 0, PRIMARY KEY (kind, id)) "
      "PARTITION BY LIST (kind); CREATE TABLE pa PARTITION OF p FOR VALUES IN ('a');"
      "CREATE TABLE pb PARTITION OF p FOR VALUES IN ('b') PARTITION BY HASH (id);"
      "CREATE TABLE pb0 PARTITION OF pb FOR VALUES WITH (MODULUS 2, REMAINDER 0);"
      "CREATE TABLE pb1 PARTITION OF pb FOR VALUES WITH (MODULUS 2, REMAINDER 1);"
      "INSERT INTO p SELECT i, CASE i % 2 WHEN 0 THEN 'a' ELSE 'b' END FROM "
      "generate_series(1, 300) i");
  const auto end = run_job(db.url(), "UPDATE p AS x SET n = x.n + 1 WHERE x.kind <> '';");
  ASSERT_EQ(outcome(end), "done");
  EXPECT_EQ(db.value("SELECT count(*) FROM p WHERE n = 1"), "300");
  EXPECT_EQ(end.rows_scanned, 300);
}

TEST_P(Job, WalksPartitionsWhoseColumnsLieInAnotherOrder) {
  const test::test_database db(version());
  db.sql(
      "CREATE TABLE p (id int, n int NOT NULL, PRIMARY KEY (id)) PARTITION BY RANGE (id);"
      "CREATE TABLE other (junk int, n int NOT NULL, id int NOT NULL);"
      "ALTER TABLE other DROP junk; ALTER TABLE p ATTACH PARTITION other DEFAULT;"
      "INSERT INTO p SELECT i, 0 FROM generate_series(1, 100) i");
  ASSERT_EQ(outcome(run_job(db.url(), "UPDATE p SET n = n + 1;")), "done");
  EXPECT_EQ(db.value("SELECT count(*) FROM p WHERE n = 1"), "100");
}

TEST_P(Job, DeletesFromPartitions) {
  const test::test_database db(version());
  db.sql(by_range);
  const auto end = run_job(db.url(), "DELETE FROM p WHERE id % 3 = 0;");
  ASSERT_EQ(outcome(end), "done");
  EXPECT_EQ(db.value("SELECT count(*) FILTER (WHERE id % 3 = 0) FROM p"), "0");
  EXPECT_EQ(db.value("SELECT count(*) FROM p"), "200");
}

}  // namespace pawl::run
