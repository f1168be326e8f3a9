#include "sql/job.hpp"

#include "reading.hpp"

namespace pawl::sql {
namespace {

using testing::ElementsAre;

std::vector<std::string> names_of(const std::vector<job>& jobs) {
  std::vector<std::string> names;
  for (const job& j : jobs) names.push_back(j.name);
  return names;
}

TEST(Jobs, AFileWithoutStatementsIsNone) {
  expect_refused("", {errc::not_a_job, 1, 1, "no statement"});
  expect_refused("-- a comment\n/* b */ ;", {errc::not_a_job, 1, 1, "no statement"});
}

TEST(Jobs, TakeTheirNamesFromLabelOrFile) {
  EXPECT_THAT(names_of(read_all("UPDATE t SET a = 1; UPDATE t SET b = 1;\n-- pawl:batch x\nDELETE "
                                "FROM t;\nDELETE FROM u")),
              ElementsAre("backfill", "backfill-2", "x", "backfill-3"));
  EXPECT_EQ(read_jobs("a/b/\xC3\xA9 fill v1.2.sql", "DELETE FROM t")->front().name, "___fill_v1.2");
  EXPECT_EQ(read_jobs("", "DELETE FROM t")->front().name, "job");

  const auto cut = read_jobs(std::string(100, 'x') + ".sql", "DELETE FROM t; DELETE FROM t");
  EXPECT_EQ(cut->at(0).name, std::string(63, 'x'));
  EXPECT_EQ(cut->at(1).name, std::string(61, 'x') + "-2");
}

TEST(Jobs, TwoOfOneNameAreRefused) {
  expect_refused("-- pawl:batch x\nDELETE FROM t;\n-- pawl:batch x\nDELETE FROM u;",
                 {errc::bad_directive, 4, 1, "two jobs are named `x`"});
  expect_refused("-- pawl:batch backfill\nDELETE FROM t;\nDELETE FROM u;",
                 {errc::bad_directive, 3, 1, "`backfill`"});
}

TEST(Jobs, TooManyInAFileAreRefused) {
  std::string sql;
  for (int i = 0; i < 257; ++i) sql += "DELETE FROM t;\n";

  expect_refused(sql, {errc::not_a_job, 257, 1, "more than 256 jobs"});
}

TEST(Jobs, FileDirectivesHoldForAllAndLaterOnesForTheNextOnly) {
  const auto jobs = read_all(
      "-- pawl:set role=a\n-- pawl:set b=1\n-- pawl:guard max-rows=5\n-- pawl:timeout lock=1s "
      "statement=2s\n"
      "DELETE FROM t;\n"
      "-- pawl:set role=c\n-- pawl:guard max-rows=6\n-- pawl:timeout lock=3s\n"
      "DELETE FROM u;\nDELETE FROM v;");

  ASSERT_EQ(jobs.size(), 3U);
  for (const std::size_t i : {std::size_t{0}, std::size_t{2}}) {
    EXPECT_THAT(jobs[i].settings, ElementsAre(setting{"role", "a"}, setting{"b", "1"}));
    EXPECT_EQ(jobs[i].max_rows, 5);
    EXPECT_EQ(jobs[i].lock_timeout, std::chrono::seconds(1));
  }
  EXPECT_THAT(jobs[1].settings, ElementsAre(setting{"b", "1"}, setting{"role", "c"}));
  EXPECT_EQ(jobs[1].max_rows, 6);
  EXPECT_EQ(jobs[1].lock_timeout, std::chrono::seconds(3));
  EXPECT_EQ(jobs[1].statement_timeout, std::chrono::seconds(2));
}

TEST(Jobs, ACheckBelongsToTheJobBefore) {
  const auto jobs = read_all(
      "-- pawl:guard max-rows=1\nDELETE FROM t;\n-- pawl:verify\nSELECT count(*) = 0 FROM "
      "t;\nDELETE FROM u;");

  ASSERT_EQ(jobs.size(), 2U);
  EXPECT_EQ(text(jobs[0], jobs[0].verify.value_or(slice{})), "SELECT count(*) = 0 FROM t");
  EXPECT_FALSE(jobs[1].verify);
}

TEST(Jobs, ACheckMustOnlyReadAndStandAlone) {
  const std::string job_first = "DELETE FROM t;\n";

  expect_refused("-- pawl:verify\nSELECT true;", {errc::bad_directive, 1, 1, "no job before it"});
  expect_refused(job_first + "-- pawl:verify\nSELECT true;\n-- pawl:verify\nSELECT true;",
                 {errc::bad_directive, 4, 1, "a check already"});
  expect_refused(job_first + "-- pawl:verify\n-- pawl:guard max-rows=1\nSELECT true;",
                 {errc::bad_directive, 2, 1, "before its check"});
  for (const char* sql :
       {"DELETE FROM u", "WITH x AS (DELETE FROM u RETURNING 1) SELECT true FROM x",
        "SELECT true INTO u", "SELECT true FROM u FOR UPDATE", "EXPLAIN SELECT true"}) {
    expect_refused(job_first + "-- pawl:verify\n" + sql, {errc::not_a_job, 3, 1, "only reads"});
  }
  expect_refused(job_first + "-- pawl:verify\nSELECT $1", {errc::sql_syntax, 3, 8, "parameter"});
  expect_refused(job_first + "-- pawl:verify\nSELECT true OR /* pawl:range */ true",
                 {errc::bad_directive, 3, 16, "marker"});
}

TEST(Jobs, CrlfFilesReadLikeOthers) {
  const job j =
      read_one("-- pawl:batch x key=id\r\n-- pawl:pending a IS NULL\r\nUPDATE t\r\nSET a = 1;\r\n");

  EXPECT_EQ(j.name, "x");
  EXPECT_EQ(j.pending, "a IS NULL");
  EXPECT_EQ(
      j.canonical,
      read_one("-- pawl:batch x key=id\n-- pawl:pending a IS NULL\nUPDATE t SET a = 1").canonical);
}

const std::string reference =
    "-- pawl:batch x table=s.t key=id\n-- pawl:pending a IS NULL\n-- pawl:set role=r\n-- "
    "pawl:timeout lock=1s\n"
    "-- pawl:guard max-rows=5\nUPDATE s.t SET a = 'x' WHERE b AND /* pawl:range */ true;\n-- "
    "pawl:verify\nSELECT true";

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

TEST(Canonical, CommentsSpacesLabelAndTunablesDoNotCount) {
  const std::string canonical = read_one(reference).canonical;
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
           {"batch x", "batch other"},
           {"lock=1s", "lock=2s"},
           {"max-rows=5", "max-rows=6"},
           {"SET a = 'x'", "SET\n a -- c\n=/* d */'x'"},
           {"SELECT true", "SELECT /* x */\ttrue -- y"},
           {"a IS NULL", "a  IS NULL -- why"},
           {"/* pawl:range */ true", "/*PAWL:range*/\n true"}}) {
    EXPECT_EQ(read_one(replaced(reference, from, to)).canonical, canonical) << to;
  }
}

TEST(Canonical, WhatTheJobMeansCounts) {
  const std::string canonical = read_one(reference).canonical;
  for (const auto& [from, to] :
       std::vector<std::pair<std::string, std::string>>{{"'x'", "'X'"},
                                                        {"'x'", "'x '"},
                                                        {"key=id", "key=id2"},
                                                        {"key=id", "key=t.id"},
                                                        {" key=id", ""},
                                                        {"UPDATE s.t", "UPDATE s.\"T\""},
                                                        {"a IS NULL", "a IS NOT NULL"},
                                                        {"SELECT true", "SELECT false"},
                                                        {"role=r", "role=q"},
                                                        {"set role=r", "ignore"},
                                                        {"pending a", "ignore a"},
                                                        {" /* pawl:range */ true", " true"}}) {
    std::string changed = replaced(reference, from, to);
    if (to == "UPDATE s.\"T\"") changed = replaced(changed, "table=s.t", "table=s.\"T\"");
    EXPECT_NE(read_one(changed).canonical, canonical) << to;
  }
}

TEST(Canonical, IsReadable) {
  EXPECT_EQ(read_one(reference).canonical,
            "UPDATE s . t SET a = 'x' WHERE b AND /* pawl:range */ true\n-- pawl:batch table=s.t "
            "key=id as 'id'\n"
            "-- pawl:pending a IS NULL\n-- pawl:verify SELECT true\n-- pawl:set role='r'");
}

}  // namespace
}  // namespace pawl::sql
