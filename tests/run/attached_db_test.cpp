// A partition that is attached while a run goes on: with a pending predicate it is walked too, by
// whichever runner; without one the rows of the start are the job, and it is only told.
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <string>

#include "run/job_fixture.hpp"

namespace pawl::run {

namespace {

constexpr auto make =
    "CREATE TABLE p (id int PRIMARY KEY, code text, n int NOT NULL DEFAULT 0) "
    "PARTITION BY RANGE (id);"
    "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (1000);"
    "CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (1000) TO (2000);"
    "INSERT INTO p (id) SELECT generate_series(1, 100);"
    "INSERT INTO p (id) SELECT generate_series(1001, 1100); ANALYZE p";

// Not idempotent, so that a row which is done twice shows.
constexpr auto with_pending =
    "-- pawl:pending code IS NULL\nUPDATE p SET code = 'x', n = n + 1 WHERE code IS NULL;";

void attach(const test::test_database& db, int rows) {
  db.sql(
      "CREATE TABLE late (LIKE p INCLUDING ALL);"
      "INSERT INTO late (id) SELECT i FROM generate_series(10001, " +
      std::to_string(10'000 + rows) +
      ") i; ALTER TABLE p ATTACH PARTITION late FOR VALUES FROM (10000) TO (1000000)");
}

// Attaches 20 rows behind the first batch, and keeps what is told.
class attaching {
 public:
  explicit attaching(const test::test_database& db)
      : attach_(once_committed([&db] { attach(db, 20); })) {}

  event_hook hook() {
    return [this](const event& e) {
      if (const auto* told = std::get_if<notice>(&e.body)) notices_ += told->text + '\n';
      attach_(e);
    };
  }
  const std::string& notices() const { return notices_; }

 private:
  event_hook attach_;
  std::string notices_;
};

}  // namespace

TEST_P(Job, WalksAPartitionThatWasAttachedMeanwhile) {
  const test::test_database db(version());
  db.sql(make);
  attaching watching(db);

  const auto end = run_job(db.url(), with_pending, one_connection(), watching.hook());

  ASSERT_EQ(outcome(end), "done");
  EXPECT_EQ(db.value("SELECT count(*) FROM p WHERE n = 1 AND code = 'x'"), "220");
  EXPECT_EQ(end.rows_changed, 220);
  EXPECT_NE(watching.notices().find("attached"), std::string::npos) << watching.notices();
}

TEST_P(Job, TellsOfAPartitionThatWasAttachedMeanwhileWithoutAPendingPredicate) {
  const test::test_database db(version());
  db.sql(make);
  attaching watching(db);

  const auto end = run_job(db.url(), "UPDATE p SET n = n + 1;", one_connection(), watching.hook());

  ASSERT_EQ(outcome(end), "done");
  EXPECT_EQ(db.value("SELECT count(*) FROM p WHERE n = 1"), "200");
  EXPECT_EQ(db.value("SELECT sum(n) FROM late"), "0");
  EXPECT_EQ(end.rows_changed, 200);
  EXPECT_NE(watching.notices().find("attached"), std::string::npos) << watching.notices();
}

TEST_P(Job, StopsBeforeAPartitionThatWasDetachedMeanwhile) {
  const test::test_database db(version());
  db.sql(make);
  auto options = one_connection();
  options.batch_rows = 10;

  const auto end = run_job(db.url(), "UPDATE p SET n = n + 1;", options,
                           once_committed([&db] { db.sql("ALTER TABLE p DETACH PARTITION p1"); }));

  ASSERT_TRUE(end.cause);
  EXPECT_EQ(end.cause->code, errc::target_changed) << outcome(end);
  EXPECT_NE(end.cause->message.find("no longer belongs to public.p"), std::string::npos)
      << outcome(end);
  EXPECT_EQ(db.value("SELECT sum(n) FROM p1"), std::to_string(end.rows_changed));
  EXPECT_LT(end.rows_changed, 100);
}

TEST_P(Job, WalksAPartitionThatWasAttachedMeanwhileWithTwoRunners) {
  const test::test_database db(version());
  db.sql(make);
  test::session holder(db.url());
  // No runner comes to the end before the partition is there.
  holder.run("BEGIN; SELECT FROM p WHERE id = 1050 FOR UPDATE");
  auto options = one_connection();
  options.batch_rows = 20'000;
  options.max_duration = std::chrono::seconds{120};
  std::future<run_ended> second;
  bool both = false;

  const auto one =
      run_job(db.url(), with_pending, options, once_committed([&] {
                second = std::async(std::launch::async,
                                    [&] { return run_job(db.url(), with_pending, options); });
                both = test::wait_until(
                    db.url(), "(SELECT count(*) FROM pawl.runner w WHERE pawl.is_alive(w)) = 2");
                // Ranges enough for both of them.
                attach(db, 140'000);
                holder.run("COMMIT");
              }));
  ASSERT_TRUE(second.valid());
  const auto two = second.get();

  EXPECT_TRUE(both);
  EXPECT_EQ(outcome(one), "done");
  EXPECT_EQ(outcome(two), "done");
  EXPECT_EQ(db.value("SELECT count(*) FROM p WHERE n <> 1 OR code IS NULL"), "0");
  EXPECT_EQ(one.rows_changed, 140'200);
}

}  // namespace pawl::run
