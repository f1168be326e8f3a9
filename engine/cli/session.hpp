// What the commands share: where to connect, a coroutine run to its end, how errors are printed.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <functional>
#include <optional>
#include <pawl/error.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "cli/arguments.hpp"
#include "ledger/run.hpp"
#include "pg/connection.hpp"
#include "sql/job.hpp"

namespace pawl::cli {

// From flags, environment, .env and pawl.toml, for commands that need nothing else of them.
result<pg::conninfo> find_connection(const arguments& a);

// The whole of a regular file of at most so many bytes; nothing is read of a larger one. `hint`
// says what to do about its size. Errors: file_unreadable.
result<std::string> read_file(const std::string& path, std::size_t bytes_max, std::string hint);

// The text of a job file. Errors: file_unreadable.
result<std::string> read_job_file(const std::string& path);

// Files of variables may be pipes, as `--env-file <(command)` gives them; nullopt if unreadable.
std::optional<std::string> read_variables_text(const std::string& path);

// Prints an error on stderr, as JSON on stdout with --json, and returns its exit code. Passwords
// are taken out of it, in whatever word of the call they stood.
int fail(const arguments& a, const error& told);

// Stdout in one piece; what cannot be written shows in after_output().
void print(std::string_view text);

// The exit code of a call that ends with `code`: another one if its output was lost. A closed pipe
// is no error of pawl's.
int after_output(int code);

// What the locale of the process can show.
observe::charset terminal_charset();

// Name of this host, for the ledger.
std::string host_name();

// What a command that only talks to the ledger does on its connection.
using conversation =
    std::function<boost::asio::awaitable<result<int>>(boost::asio::io_context&, pg::connection&)>;

// Connects, checks that there is a ledger, runs the conversation, closes; prints what fails.
// `needs_ledger`: without one the command fails with unknown_run.
int converse(const arguments& a, conversation talk);

pg::time_point soon();

// unknown_run if the database has no ledger.
boost::asio::awaitable<result<void>> expect_ledger(pg::connection& c);
// A request that a read-only server refused is refused (exit 6), not failed.
error read_only_as_refusal(error e);
// The run that `name` means: its number or its name. Errors: unknown_run.
boost::asio::awaitable<result<ledger::run_record>> find_run(pg::connection& c, std::string name);

boost::asio::awaitable<void> let_pass(std::chrono::milliseconds time);

// Usage if a job's name is a number: every command would take it for the number of a run.
std::optional<error> unusable_name(const std::vector<sql::job>& jobs);

// The job that a run was opened with, from the ledger's copy of its file. Errors: ledger_damaged.
result<sql::job> recorded_job(const ledger::run_record& r);

// Runs a coroutine to its end on an event loop of its own and rethrows what it throws.
template <class T>
T run_to_end(boost::asio::io_context& io, boost::asio::awaitable<T> task) {
  std::optional<T> value;
  std::exception_ptr thrown;
  boost::asio::co_spawn(io, std::move(task), [&](std::exception_ptr e, T v) {
    thrown = e;
    value = std::move(v);
    io.stop();
  });
  io.run();
  if (thrown) {
    std::rethrow_exception(thrown);
  }
  return std::move(*value);
}

}  // namespace pawl::cli
