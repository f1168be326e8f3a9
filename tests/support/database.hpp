// Plain libpq for the arrange and assert parts of a test: blocking, and no code of pawl's own
// connection room. Everything throws std::runtime_error with the server's message when a statement
// fails, which fails the test.
#pragma once

#include <libpq-fe.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pawl::test {

using row = std::vector<std::optional<std::string>>;
using rows = std::vector<row>;

// A connection that is held, for scenarios of several sessions.
class session {
 public:
  explicit session(const std::string& url);

  // One or more statements; the rows of the last one.
  rows run(const std::string& text);
  // The only value of the only row; "NULL" for a null.
  std::string value(const std::string& text);
  // The five characters with which the server refuses `text`; empty if it does not.
  std::string sqlstate_of(const std::string& text);

  // Sends without waiting: for a statement that is expected to block. One at a time; `result` waits
  // for its end.
  void send(const std::string& text);
  rows result();

  int pid() const { return PQbackendPID(connection_.get()); }
  // True once this session waits for a lock of another, seen from `observer` (a connection string).
  // False when it does not within wait_until's bound.
  [[nodiscard]] bool becomes_blocked(const std::string& observer) const;

 private:
  struct close {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };
  std::unique_ptr<PGconn, close> connection_;
};

// The same over a connection of their own.
rows sql(const std::string& url, const std::string& text);
std::string sql_value(const std::string& url, const std::string& text);

// Asks the server again and again, for half a minute at most, whether `condition` (an SQL
// expression) holds. The one wait of the tests: it ends as soon as the thing waited for is there.
[[nodiscard]] bool wait_until(const std::string& url, const std::string& condition);

}  // namespace pawl::test
