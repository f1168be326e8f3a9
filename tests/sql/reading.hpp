// Reads SQL the way the tests of this room want it: one job, or the error that refuses it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sql/job.hpp"

namespace pawl::sql {

inline std::vector<job> read_all(const std::string& sql) {
  auto jobs = read_jobs("dir/backfill.sql", sql);
  if (jobs.has_error()) {
    ADD_FAILURE() << to_string(jobs.error()) << "\nin: " << sql;
    return {};
  }
  return std::move(*jobs);
}

inline job read_one(const std::string& sql) {
  auto jobs = read_all(sql);
  EXPECT_EQ(jobs.size(), 1U) << sql;
  return jobs.empty() ? job{} : std::move(jobs.front());
}

inline error refusal_of(const std::string& sql) {
  auto jobs = read_jobs("dir/backfill.sql", sql);
  EXPECT_TRUE(jobs.has_error()) << "accepted: " << sql;
  return jobs.has_error() ? jobs.error() : error{};
}

// What a test expects of a refusal.
struct refusal {
  errc code;
  int line;
  int column;
  std::string message_part;
};

inline void expect_refused(const std::string& sql, const refusal& expected) {
  const error e = refusal_of(sql);
  EXPECT_EQ(e.code, expected.code) << to_string(e) << "\nin: " << sql;
  EXPECT_EQ(e.where.line, expected.line) << to_string(e);
  EXPECT_EQ(e.where.column, expected.column) << to_string(e);
  EXPECT_THAT(e.message, testing::HasSubstr(expected.message_part)) << sql;
  EXPECT_TRUE(e.code == errc::sql_syntax || e.hint.ends_with(".")) << to_string(e);
}

inline std::string text(const job& j, slice s) {
  return std::string(text_of(j, s));
}

}  // namespace pawl::sql
