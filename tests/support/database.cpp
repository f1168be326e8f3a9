#include "support/database.hpp"

#include <stdexcept>

namespace pawl::test {
namespace {

constexpr int wait_rounds_max = 1500;
constexpr auto one_round = "SELECT pg_sleep(0.02)";

struct clear {
  void operator()(PGresult* result) const { PQclear(result); }
};
using result_ptr = std::unique_ptr<PGresult, clear>;

bool succeeded(const PGresult* result) {
  const ExecStatusType status = PQresultStatus(result);
  return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY;
}

rows rows_of(PGconn* connection, const PGresult* result) {
  if (!succeeded(result)) {
    const std::string message = result ? PQresultErrorMessage(result) : PQerrorMessage(connection);
    throw std::runtime_error(message);
  }
  rows all;
  for (int r = 0; r < PQntuples(result); ++r) {
    row& one = all.emplace_back();
    for (int c = 0; c < PQnfields(result); ++c) {
      if (PQgetisnull(result, r, c) != 0) {
        one.emplace_back(std::nullopt);
      } else {
        one.emplace_back(PQgetvalue(result, r, c));
      }
    }
  }
  return all;
}

}  // namespace

session::session(const std::string& url) : connection_(PQconnectdb(url.c_str())) {
  if (PQstatus(connection_.get()) != CONNECTION_OK) {
    throw std::runtime_error(PQerrorMessage(connection_.get()));
  }
  PQsetNoticeProcessor(
      connection_.get(), [](void*, const char*) {}, nullptr);
}

rows session::run(const std::string& text) {
  const result_ptr result(PQexec(connection_.get(), text.c_str()));
  return rows_of(connection_.get(), result.get());
}

std::string session::value(const std::string& text) {
  const rows all = run(text);
  if (all.size() != 1 || all.front().size() != 1) {
    throw std::runtime_error("not one value: " + text);
  }
  return all.front().front().value_or("NULL");
}

std::string session::sqlstate_of(const std::string& text) {
  const result_ptr result(PQexec(connection_.get(), text.c_str()));
  const char* state = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
  if (state == nullptr && !succeeded(result.get())) {
    throw std::runtime_error(PQerrorMessage(connection_.get()));
  }
  return state == nullptr ? "" : state;
}

void session::send(const std::string& text) {
  if (PQsendQuery(connection_.get(), text.c_str()) != 1) {
    throw std::runtime_error(PQerrorMessage(connection_.get()));
  }
}

rows session::result() {
  result_ptr last;
  while (result_ptr next{PQgetResult(connection_.get())}) {
    if (!last || succeeded(last.get())) last = std::move(next);
  }
  return rows_of(connection_.get(), last.get());
}

bool session::becomes_blocked(const std::string& observer) const {
  return wait_until(observer, "cardinality(pg_blocking_pids(" + std::to_string(pid()) + ")) > 0");
}

rows sql(const std::string& url, const std::string& text) {
  return session(url).run(text);
}

std::string sql_value(const std::string& url, const std::string& text) {
  return session(url).value(text);
}

bool wait_until(const std::string& url, const std::string& condition) {
  session asking(url);
  for (int round = 0; round < wait_rounds_max; ++round) {
    if (asking.value("SELECT coalesce((" + condition + "), false)") == "t") return true;
    asking.run(one_round);
  }
  return false;
}

}  // namespace pawl::test
