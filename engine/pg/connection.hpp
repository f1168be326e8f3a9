// One connection to the server: non-blocking libpq driven by Asio coroutines.
//
// Always in pipeline mode: run() sends its statements in one go, ends them with one sync and reads
// the answers, so a call is one round trip whatever the number of statements. Statements outside of
// BEGIN ... COMMIT share one implicit transaction, as the protocol has it.
//
// Ownership: a resource, neither copied nor moved; must outlive every call on it. Thread: the
// executor's only. Cancellation: abort() from another coroutine of the same thread ends a waiting
// call with connection_lost; there is no other way, and nothing is cancelled on the server by it.
// Errors: statement_failed (the server refused; the connection goes on), connection_lost, timed_out
// (the deadline passed; the connection is closed, since its state is unknown).
#pragma once

#include <libpq-fe.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pg/conninfo.hpp"
#include "pg/result_set.hpp"

namespace pawl::pg {

using time_point = std::chrono::steady_clock::time_point;

// One statement, its parameters as text; $1's type is what the server infers or a cast says.
struct statement {
  statement(std::string text, std::vector<std::optional<std::string>> values = {})
      : sql(std::move(text)), params(std::move(values)) {}

  std::string sql;
  std::vector<std::optional<std::string>> params;
};

// Answers in order. With a failure, `results` holds those before the failing statement, so its
// index is results.size(), and none after it was run.
struct reply {
  std::vector<result_set> results;
  std::optional<error> failure;
};

class connection {
 public:
  explicit connection(boost::asio::any_io_executor executor);
  ~connection();
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  // Errors: unreachable, authentication, timed_out; messages are redacted.
  boost::asio::awaitable<result<void>> open(conninfo info, std::string application_name,
                                            time_point deadline);

  boost::asio::awaitable<reply> run(std::vector<statement> statements, time_point deadline);

  // A single statement.
  boost::asio::awaitable<result<result_set>> query(statement one, time_point deadline);

  // Ends a call that waits, and closes.
  void abort();
  void close();

  bool is_open() const { return raw_ != nullptr && !aborted_; }
  // INTRANS or INERROR: a ROLLBACK is owed.
  bool in_transaction() const;
  int backend_pid() const;
  // 150020 for 15.20.
  int server_version() const;
  // A parameter that the server reports ("in_hot_standby", "server_version"); empty if unknown.
  std::string parameter(const char* name) const;
  // Where the connection really went: host or socket folder, and port.
  std::string peer() const;
  // Notices and warnings since the last call.
  std::vector<std::string> take_notices();

 private:
  enum class wake { readable, writable, timed_out, aborted };

  boost::asio::awaitable<wake> wait(bool for_write, time_point deadline);
  boost::asio::awaitable<std::optional<error>> finish_handshake(time_point deadline);
  boost::asio::awaitable<std::optional<error>> flush(time_point deadline);
  // Reads until an answer is complete; an error if none will come.
  boost::asio::awaitable<std::optional<error>> await_answer(time_point deadline);
  boost::asio::awaitable<std::optional<error>> collect(reply& into, time_point deadline);
  std::optional<error> send(const std::vector<statement>& statements);
  void refresh_socket();
  error lost(std::string_view fallback) const;
  static void on_notice(void* self, const PGresult* notice);

  boost::asio::any_io_executor executor_;
  conninfo info_;
  PGconn* raw_ = nullptr;
  boost::asio::posix::stream_descriptor socket_;
  boost::asio::steady_timer timer_;
  std::vector<std::string> notices_;
  bool aborted_ = false;
};

}  // namespace pawl::pg
