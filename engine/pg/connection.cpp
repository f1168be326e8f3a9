#include "pg/connection.hpp"

#include <fmt/format.h>

#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "pg/resolve_host.hpp"

namespace pawl::pg {

namespace asio = boost::asio;
using asio::posix::descriptor_base;

namespace {

constexpr std::size_t notices_kept_max = 100;

// libpq ends its messages with a newline and repeats the connection's prefix.
std::string trimmed(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) {
    text.remove_suffix(1);
  }
  return std::string{text};
}

std::string field(const PGresult* r, int code) {
  const char* text = PQresultErrorField(r, code);
  return text == nullptr ? std::string{} : trimmed(text);
}

error server_error(const PGresult* r, const conninfo& info) {
  error e;
  e.code = errc::statement_failed;
  e.sqlstate = field(r, PG_DIAG_SQLSTATE);
  e.message = field(r, PG_DIAG_MESSAGE_PRIMARY);
  if (e.message.empty()) {
    e.message = trimmed(PQresultErrorMessage(r));
  }
  e.message = redact(e.message, info);
  e.detail = field(r, PG_DIAG_MESSAGE_DETAIL);
  if (const auto context = field(r, PG_DIAG_CONTEXT); !context.empty()) {
    e.detail += (e.detail.empty() ? "" : "\n") + context;
  }
  e.hint = field(r, PG_DIAG_MESSAGE_HINT);
  return e;
}

error deadline_passed(std::string_view doing) {
  error e;
  e.code = errc::timed_out;
  e.message = fmt::format("no answer from the server in time while {}", doing);
  return e;
}

}  // namespace

connection::connection(asio::any_io_executor executor)
    : executor_(executor), socket_(executor), timer_(executor) {}

connection::~connection() {
  close();
}

asio::awaitable<result<void>> connection::open(conninfo info, std::string application_name,
                                               time_point deadline) {
  close();
  aborted_ = false;
  info_ = std::move(info);
  auto values = info_.values;
  if (auto failure = co_await resolve_hosts(executor_, values, deadline)) {
    co_return *failure;
  }
  values["application_name"] = std::move(application_name);
  values["client_encoding"] = "UTF8";
  std::vector<const char*> keywords;
  std::vector<const char*> texts;
  for (const auto& [keyword, text] : values) {
    keywords.push_back(keyword.c_str());
    texts.push_back(text.c_str());
  }
  keywords.push_back(nullptr);
  texts.push_back(nullptr);
  raw_ = PQconnectStartParams(keywords.data(), texts.data(), 0);
  PQsetNoticeReceiver(raw_, &connection::on_notice, this);
  if (auto failure = co_await finish_handshake(deadline)) {
    close();
    co_return *failure;
  }
  PQsetnonblocking(raw_, 1);
  PQenterPipelineMode(raw_);
  co_return result<void>{};
}

asio::awaitable<std::optional<error>> connection::finish_handshake(time_point deadline) {
  // libpq asks to be treated as if its first poll had said "writing".
  PostgresPollingStatusType wanted = PGRES_POLLING_WRITING;
  if (PQstatus(raw_) == CONNECTION_BAD) {
    wanted = PGRES_POLLING_FAILED;
  }
  while (wanted != PGRES_POLLING_OK) {
    if (wanted == PGRES_POLLING_FAILED) {
      error e;
      e.message = redact(trimmed(PQerrorMessage(raw_)), info_);
      e.code = errc::unreachable;
      // A server that asked for a password or refused the role was reached.
      if (PQconnectionNeedsPassword(raw_) != 0 || PQconnectionUsedPassword(raw_) != 0) {
        e.code = errc::authentication;
      }
      co_return e;
    }
    refresh_socket();
    if (!socket_.is_open()) {
      co_return lost("the connection attempt was dropped");
    }
    const auto woken = co_await wait(wanted == PGRES_POLLING_WRITING, deadline);
    if (woken == wake::timed_out) {
      auto e = deadline_passed("connecting");
      e.code = errc::unreachable;
      co_return e;
    }
    if (woken == wake::aborted) {
      co_return lost("the connection attempt was stopped");
    }
    wanted = PQconnectPoll(raw_);
  }
  refresh_socket();
  co_return std::nullopt;
}

// libpq may change sockets during the handshake (several hosts, TLS retries). The new one often has
// the old one's number, but the reactor does not know it: so it is always registered anew. The
// descriptor would close a file that is libpq's, so it is always released, never closed.
void connection::refresh_socket() {
  if (socket_.is_open()) {
    socket_.release();
  }
  if (const int current = PQsocket(raw_); current >= 0) {
    socket_.assign(current);
  }
}

asio::awaitable<connection::wake> connection::wait(bool for_write, time_point deadline) {
  if (aborted_) {
    co_return wake::aborted;
  }
  timer_.expires_at(deadline);
  if (for_write) {
    // The server may itself be blocked on output, so reading must stay possible while we write.
    auto group = asio::experimental::make_parallel_group(
        socket_.async_wait(descriptor_base::wait_read, asio::deferred),
        socket_.async_wait(descriptor_base::wait_write, asio::deferred),
        timer_.async_wait(asio::deferred));
    const auto [order, read_ec, write_ec, timer_ec] =
        co_await group.async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
    if (aborted_) {
      co_return wake::aborted;
    }
    if (order[0] == 2) {
      co_return wake::timed_out;
    }
    co_return order[0] == 0 ? wake::readable : wake::writable;
  }
  auto group = asio::experimental::make_parallel_group(
      socket_.async_wait(descriptor_base::wait_read, asio::deferred),
      timer_.async_wait(asio::deferred));
  const auto [order, read_ec, timer_ec] =
      co_await group.async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
  if (aborted_) {
    co_return wake::aborted;
  }
  co_return order[0] == 1 ? wake::timed_out : wake::readable;
}

std::optional<error> connection::send(const std::vector<statement>& statements) {
  for (const auto& one : statements) {
    std::vector<const char*> values;
    values.reserve(one.params.size());
    for (const auto& value : one.params) {
      values.push_back(value ? value->c_str() : nullptr);
    }
    if (PQsendQueryParams(raw_, one.sql.c_str(), static_cast<int>(values.size()), nullptr,
                          values.data(), nullptr, nullptr, 0) != 1) {
      return lost("a statement could not be sent");
    }
  }
  if (PQpipelineSync(raw_) != 1) {
    return lost("a statement could not be sent");
  }
  return std::nullopt;
}

asio::awaitable<std::optional<error>> connection::flush(time_point deadline) {
  for (;;) {
    const int left = PQflush(raw_);
    if (left == 0) {
      co_return std::nullopt;
    }
    if (left < 0) {
      co_return lost("sending failed");
    }
    const auto woken = co_await wait(true, deadline);
    if (woken == wake::timed_out) {
      co_return deadline_passed("sending");
    }
    if (woken == wake::aborted) {
      co_return lost("the connection was closed");
    }
    if (woken == wake::readable && PQconsumeInput(raw_) != 1) {
      co_return lost("the connection was lost");
    }
  }
}

asio::awaitable<std::optional<error>> connection::await_answer(time_point deadline) {
  while (PQisBusy(raw_) != 0) {
    const auto woken = co_await wait(false, deadline);
    if (woken == wake::timed_out) {
      co_return deadline_passed("waiting for an answer");
    }
    if (woken == wake::aborted) {
      co_return lost("the connection was closed");
    }
    if (PQconsumeInput(raw_) != 1 && PQisBusy(raw_) != 0) {
      co_return lost("the connection was lost");
    }
  }
  co_return std::nullopt;
}

asio::awaitable<std::optional<error>> connection::collect(reply& into, time_point deadline) {
  // A NULL follows each result in pipeline mode; two in a row mean that nothing more will come.
  int nulls_in_a_row = 0;
  for (;;) {
    if (auto failure = co_await await_answer(deadline)) {
      co_return failure;
    }
    result_set answer{PQgetResult(raw_)};
    switch (answer.status()) {
      case PGRES_PIPELINE_SYNC:
        co_return std::nullopt;
      case PGRES_TUPLES_OK:
      case PGRES_COMMAND_OK:
        into.results.push_back(std::move(answer));
        break;
      case PGRES_PIPELINE_ABORTED:
        break;
      case PGRES_EMPTY_QUERY:
        // Only "no result" and an empty query report this status.
        if (PQstatus(raw_) == CONNECTION_BAD || ++nulls_in_a_row > 1) {
          co_return lost("the connection was lost");
        }
        continue;
      case PGRES_FATAL_ERROR:
        // The first error tells the cause; what follows is libpq's or a pooler's account of it.
        if (!into.failure) {
          into.failure = server_error(answer.raw(), info_);
        }
        if (PQstatus(raw_) == CONNECTION_BAD) {
          co_return lost(into.failure->message);
        }
        break;
      default:
        co_return lost("the server answered with a protocol that pawl does not speak");
    }
    nulls_in_a_row = 0;
  }
}

asio::awaitable<reply> connection::run(std::vector<statement> statements, time_point deadline) {
  reply answers;
  if (!is_open()) {
    answers.failure = lost("the connection is closed");
    co_return answers;
  }
  auto failure = send(statements);
  if (!failure) {
    failure = co_await flush(deadline);
  }
  if (!failure) {
    failure = co_await collect(answers, deadline);
  }
  if (failure) {
    // Keep the SQLSTATE that the server sent before it hung up, e.g. 57P01.
    if (answers.failure && failure->sqlstate.empty()) {
      failure->sqlstate = answers.failure->sqlstate;
      failure->message = answers.failure->message;
    }
    answers.failure = std::move(failure);
    close();
  }
  co_return answers;
}

asio::awaitable<result<result_set>> connection::query(statement one, time_point deadline) {
  std::vector<statement> statements;
  statements.push_back(std::move(one));
  auto answers = co_await run(std::move(statements), deadline);
  if (answers.failure) {
    co_return std::move(*answers.failure);
  }
  co_return std::move(answers.results.front());
}

void connection::abort() {
  aborted_ = true;
  if (socket_.is_open()) {
    socket_.cancel();
  }
  timer_.cancel();
}

void connection::close() {
  if (socket_.is_open()) {
    // Release first, finish second: otherwise a reused descriptor number would receive the events
    // of another connection.
    socket_.release();
  }
  if (raw_ != nullptr) {
    PQfinish(raw_);
    raw_ = nullptr;
  }
}

error connection::lost(std::string_view fallback) const {
  error e;
  e.code = errc::connection_lost;
  if (raw_ != nullptr && PQstatus(raw_) == CONNECTION_BAD) {
    e.message = redact(trimmed(PQerrorMessage(raw_)), info_);
  }
  if (e.message.empty()) {
    e.message = fallback;
  }
  return e;
}

bool connection::in_transaction() const {
  const auto status = raw_ == nullptr ? PQTRANS_UNKNOWN : PQtransactionStatus(raw_);
  return status == PQTRANS_INTRANS || status == PQTRANS_INERROR;
}

int connection::backend_pid() const {
  return raw_ == nullptr ? 0 : PQbackendPID(raw_);
}

int connection::server_version() const {
  return raw_ == nullptr ? 0 : PQserverVersion(raw_);
}

std::string connection::parameter(const char* name) const {
  const char* text = raw_ == nullptr ? nullptr : PQparameterStatus(raw_, name);
  return text == nullptr ? std::string{} : std::string{text};
}

std::string connection::peer() const {
  if (raw_ == nullptr) {
    return {};
  }
  return fmt::format("{}:{}", PQhost(raw_), PQport(raw_));
}

std::vector<std::string> connection::take_notices() {
  return std::exchange(notices_, {});
}

void connection::on_notice(void* self, const PGresult* notice) {
  auto& kept = static_cast<connection*>(self)->notices_;
  if (kept.size() < notices_kept_max) {
    kept.push_back(field(notice, PG_DIAG_SEVERITY) + ": " + field(notice, PG_DIAG_MESSAGE_PRIMARY));
  }
}

}  // namespace pawl::pg
