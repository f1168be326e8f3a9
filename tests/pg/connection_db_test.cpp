#include "pg/connection.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <thread>

#include "pg/await.hpp"
#include "pg/settings.hpp"
#include "support/server.hpp"

namespace pawl::pg {
namespace {

using namespace std::chrono_literals;
using test::far;
using test::loop;
using test::open_connection;
using test::test_database;

class Connection : public test::on_each_version {
 protected:
  loop on;
};
PAWL_ON_EACH_VERSION(Connection);

// A port of this machine where nobody listens, for as long as it lives.
class dead_port {
 public:
  dead_port() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    sockaddr* const raw = reinterpret_cast<sockaddr*>(&address);
    if (::bind(socket_, raw, size) != 0 || ::getsockname(socket_, raw, &size) != 0) {
      throw std::runtime_error("no free port");
    }
    number_ = ntohs(address.sin_port);
  }
  dead_port(const dead_port&) = delete;
  dead_port& operator=(const dead_port&) = delete;
  ~dead_port() { ::close(socket_); }

  // Bound and not listening: a connection is refused. Listening and never answering: it hangs.
  void hang() const { ::listen(socket_, 8); }
  int number() const { return number_; }

 private:
  int socket_;
  int number_ = 0;
};

conninfo info_of(const std::string& url) {
  return parse(url, "the test").value();
}

TEST_P(Connection, APipelineAnswersInOrder) {
  const test_database db(version());
  open_connection c(on, db.url());

  auto got = c.run({{"BEGIN"},
                    {"CREATE TABLE t (id int)"},
                    {"INSERT INTO t SELECT generate_series(1, $1::int)", {"5"}},
                    {"SELECT count(*), NULL, '' FROM t WHERE id > $1", {"2"}},
                    {"COMMIT"}});

  ASSERT_FALSE(got.failure) << got.failure->message;
  ASSERT_EQ(got.results.size(), 5U);
  EXPECT_EQ(got.results[2].affected_rows(), 5);
  EXPECT_EQ(got.results[3].integer(0, 0), 3);
  EXPECT_EQ(got.results[3].value(0, 1), std::nullopt);
  EXPECT_EQ(got.results[3].value(0, 2), "");
  EXPECT_EQ(got.results[4].command_tag(), "COMMIT");
  EXPECT_FALSE(c.get().in_transaction());
  EXPECT_EQ(c.get().server_version() / 10'000, version());
}

TEST_P(Connection, ALongAnswerAndALongStatementBothPass) {
  const test_database db(version());
  open_connection c(on, db.url());
  const std::string large(4'000'000, 'x');

  auto got = c.run({{"SELECT $1::text", {large}}, {"SELECT repeat('y', 5000000)"}});

  ASSERT_FALSE(got.failure) << got.failure->message;
  EXPECT_EQ(got.results[0].text(0, 0), large);
  EXPECT_EQ(got.results[1].text(0, 0).size(), 5'000'000U);
}

TEST_P(Connection, ARefusedStatementTellsItsIndexAndEndsThePipeline) {
  const test_database db(version());
  db.sql("CREATE TABLE t (id int)");
  open_connection c(on, db.url());

  auto got = c.run({{"BEGIN"}, {"INSERT INTO t VALUES (1)"}, {"SELECT 1/0"}, {"COMMIT"}});

  ASSERT_TRUE(got.failure);
  EXPECT_EQ(got.results.size(), 2U);
  EXPECT_EQ(got.failure->code, errc::statement_failed);
  EXPECT_EQ(got.failure->sqlstate, "22012");
  EXPECT_EQ(got.failure->message, "division by zero");
  EXPECT_TRUE(c.get().is_open());
  EXPECT_TRUE(c.get().in_transaction());
  EXPECT_FALSE(c.run({{"ROLLBACK"}}).failure);
  EXPECT_EQ(db.value("SELECT count(*) FROM t"), "0");
}

TEST_P(Connection, StatementsWithoutBeginShareOneTransaction) {
  const test_database db(version());
  db.sql("CREATE TABLE t (id int)");
  open_connection c(on, db.url());

  EXPECT_TRUE(c.run({{"INSERT INTO t VALUES (1)"}, {"SELECT 1/0"}}).failure);

  EXPECT_EQ(db.value("SELECT count(*) FROM t"), "0");
  EXPECT_FALSE(c.get().in_transaction());
}

TEST_P(Connection, ACommitOfAFailedTransactionSaysRollback) {
  const test_database db(version());
  open_connection c(on, db.url());
  c.run({{"BEGIN"}, {"SELECT 1/0"}});

  auto got = c.run({{"COMMIT"}});

  ASSERT_FALSE(got.failure);
  EXPECT_EQ(got.results.front().command_tag(), "ROLLBACK");
}

TEST_P(Connection, APassedDeadlineClosesIt) {
  const test_database db(version());
  open_connection c(on, db.url());
  test::session holder(db.url());
  holder.run("SELECT pg_advisory_lock(1)");

  const auto soon = std::chrono::steady_clock::now() + 100ms;
  auto got = on.await(c.get().query({"SELECT pg_advisory_lock(1)"}, soon));

  ASSERT_TRUE(got.has_error());
  EXPECT_EQ(got.error().code, errc::timed_out);
  EXPECT_FALSE(c.get().is_open());
  EXPECT_EQ(c.run({{"SELECT 1"}}).failure->code, errc::connection_lost);
}

TEST_P(Connection, ATerminatedBackendIsToldWithItsSqlstate) {
  const test_database db(version());
  open_connection c(on, db.url());
  test::session holder(db.url());
  holder.run("SELECT pg_advisory_lock(1)");
  const auto pid = std::to_string(c.get().backend_pid());
  std::thread killer([&db, pid] {
    test::session other(db.url());
    if (test::wait_until(db.url(), "cardinality(pg_blocking_pids(" + pid + ")) > 0")) {
      other.run("SELECT pg_terminate_backend(" + pid + ")");
    }
  });

  auto got = c.run({{"SELECT 1"}, {"SELECT pg_advisory_lock(1)"}});
  killer.join();

  ASSERT_TRUE(got.failure);
  EXPECT_EQ(got.results.size(), 1U);
  EXPECT_EQ(got.failure->code, errc::connection_lost);
  EXPECT_EQ(got.failure->sqlstate, "57P01");
  EXPECT_FALSE(c.get().is_open());
}

TEST_P(Connection, ABackendTerminatedBetweenCallsIsFoundByTheNext) {
  const test_database db(version());
  open_connection c(on, db.url());
  db.sql("SELECT pg_terminate_backend(" + std::to_string(c.get().backend_pid()) + ")");
  ASSERT_TRUE(test::wait_until(db.url(), "NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = " +
                                             std::to_string(c.get().backend_pid()) + ")"));

  auto got = c.run({{"SELECT 1"}});

  ASSERT_TRUE(got.failure);
  EXPECT_EQ(got.failure->code, errc::connection_lost);
  EXPECT_EQ(got.failure->sqlstate, "57P01");
  EXPECT_FALSE(c.get().is_open());
}

TEST_P(Connection, AbortEndsAWaitingCall) {
  const test_database db(version());
  open_connection c(on, db.url());
  test::session holder(db.url());
  holder.run("SELECT pg_advisory_lock(1)");
  boost::asio::post(on.executor(), [&] { c.get().abort(); });

  auto got = c.run({{"SELECT pg_advisory_lock(1)"}});

  ASSERT_TRUE(got.failure);
  EXPECT_EQ(got.failure->code, errc::connection_lost);
  EXPECT_FALSE(c.get().is_open());
}

TEST_P(Connection, NoticesAreKeptUntilTaken) {
  const test_database db(version());
  open_connection c(on, db.url());

  c.run({{"DO $$ BEGIN RAISE NOTICE 'one'; RAISE WARNING 'two'; END $$"}});

  EXPECT_EQ(c.get().take_notices(), (std::vector<std::string>{"NOTICE: one", "WARNING: two"}));
  EXPECT_TRUE(c.get().take_notices().empty());
}

TEST_P(Connection, ADeadHostOfSeveralIsPassedOver) {
  const test_database db(version());
  const dead_port dead;
  auto info = info_of(db.url());
  const auto port = info.values.at("port");
  info.values["host"] = "127.0.0.1,127.0.0.1";
  info.values["port"] = std::to_string(dead.number()) + "," + port;
  connection c(on.executor());

  const auto opened = on.await(c.open(info, "pawl test", far()));

  ASSERT_TRUE(opened.has_value()) << opened.error().message;
  EXPECT_EQ(c.peer(), "127.0.0.1:" + port);
}

TEST_P(Connection, AServerThatNeverAnswersIsGivenUpAtTheDeadline) {
  const test_database db(version());
  const dead_port dead;
  dead.hang();
  auto info = info_of(db.url());
  info.values["port"] = std::to_string(dead.number());
  connection c(on.executor());

  const auto opened = on.await(c.open(info, "x", std::chrono::steady_clock::now() + 100ms));

  ASSERT_TRUE(opened.has_error());
  EXPECT_EQ(opened.error().code, errc::unreachable);
  EXPECT_FALSE(c.is_open());
}

TEST_P(Connection, CanBeOpenedAgainAfterALoss) {
  const test_database db(version());
  open_connection c(on, db.url());
  c.get().abort();

  ASSERT_TRUE(on.await(c.get().open(info_of(db.url()), "again", far())).has_value());

  auto name = on.await(c.get().query({"SHOW application_name"}, far()));
  EXPECT_EQ(name.value().text(0, 0), "again");
}

TEST_P(Connection, NoErrorTellsThePassword) {
  const test_database db(version());
  const std::string role = "keeper_" + db.name();
  const std::string secret = "s3cret-of-" + db.name();
  db.sql("CREATE ROLE " + role + " LOGIN PASSWORD 'other'");
  connection c(on.executor());

  const auto refused = on.await(c.open(info_of(db.url_as(role, secret)), "pawl test", far()));

  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(to_string(refused.error()).find(secret), std::string::npos);

  auto nowhere = info_of(db.url_as(role, secret));
  const dead_port dead;
  nowhere.values["port"] = std::to_string(dead.number());
  const auto unreachable = on.await(c.open(nowhere, "pawl test", far()));
  ASSERT_TRUE(unreachable.has_error());
  EXPECT_EQ(unreachable.error().code, errc::unreachable);
  EXPECT_EQ(to_string(unreachable.error()).find(secret), std::string::npos);

  open_connection good(on, db.url_as(role, "other"));
  auto echoed = good.run({{"SELECT 'password=" + secret + "'::int"}});
  ASSERT_TRUE(echoed.failure);
  EXPECT_EQ(to_string(*echoed.failure).find(secret), std::string::npos);
  good.get().close();
  db.sql("DROP ROLE " + role);
}

TEST_P(Connection, SettingsHoldForOneTransactionOnly) {
  const test_database db(version());
  open_connection c(on, db.url());
  auto asked =
      on.await(ask(c.get(), {{"work_mem", "65MB"}, {"search_path", "\"a b\", pg_catalog"}},
                   {"SELECT current_setting('work_mem'), current_setting('search_path')"}, far()));
  ASSERT_TRUE(asked.has_value()) << asked.error().message;
  EXPECT_EQ(asked->text(0, 0), "65MB");
  EXPECT_EQ(asked->text(0, 1), "\"a b\", pg_catalog");
  auto after = on.await(c.get().query({"SHOW work_mem"}, far()));
  EXPECT_NE(after.value().text(0, 0), "65MB");
}

}  // namespace
}  // namespace pawl::pg
