#include "cli/session.hpp"

#include <fmt/format.h>
#include <langinfo.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "ledger/schema.hpp"
#include "observe/choose.hpp"

namespace pawl::cli {

namespace asio = boost::asio;

namespace {

constexpr auto command_timeout = std::chrono::seconds{30};

std::optional<std::string> environment(std::string_view name) {
  const char* text = std::getenv(std::string{name}.c_str());
  return text == nullptr ? std::nullopt : std::optional<std::string>{text};
}

}  // namespace

pg::time_point soon() {
  return std::chrono::steady_clock::now() + command_timeout;
}

result<std::string> read_file(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  std::ostringstream text;
  if (!in || !(text << in.rdbuf())) {
    error e;
    e.code = errc::file_unreadable;
    e.message = fmt::format("cannot read {}: {}", path, std::strerror(errno));
    e.hint = "Check the path: it is taken from the working directory.";
    return e;
  }
  return text.str();
}

result<pg::conninfo> find_connection(const arguments& a) {
  pg::sources from;
  from.flag = a.db;
  from.db_env = a.db_env;
  from.env = environment;
  if (a.env_file != "none") {
    if (std::ifstream in{a.env_file}; in) {
      std::ostringstream text;
      text << in.rdbuf();
      from.env_file = text.str();
    } else if (a.env_file != ".env") {
      error e;
      e.code = errc::file_unreadable;
      e.message = fmt::format("cannot read {}", a.env_file);
      e.hint = "Give the file of --env-file a readable path, or leave the flag out.";
      return e;
    }
  }
  auto found = pg::resolve(from);
  if (found) {
    for (const auto& warning : found->warnings) {
      fmt::print(stderr, "warning: {}\n", warning);
    }
  }
  return found;
}

int fail(const arguments& a, const error& e) {
  if (a.json) {
    nlohmann::ordered_json j;
    j["type"] = "error";
    j["schema"] = "pawl.error/1";
    j["code"] = name_of(e.code);
    j["exit"] = exit_code_of(e.code);
    j["message"] = e.message;
    j["sqlstate"] = e.sqlstate;
    j["hint"] = e.hint;
    if (e.where.line > 0) {
      j["file"] = e.where.file;
      j["line"] = e.where.line;
      j["column"] = e.where.column;
    }
    print(j.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n');
  }
  fmt::print(stderr, "error: {}\n", to_string(e));
  return exit_code_of(e.code);
}

void print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

observe::charset terminal_charset() {
  return observe::choose_charset(nl_langinfo(CODESET));
}

std::string host_name() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) {
    return "unknown";
  }
  return name.data();
}

asio::awaitable<result<ledger::run_record>> find_run(pg::connection& c, std::string name) {
  auto found = co_await ledger::find(c, name, soon());
  if (!found) {
    co_return found.error();
  }
  if (!*found) {
    error e;
    e.code = errc::unknown_run;
    e.message = fmt::format("there is no run \"{}\" in this database", name);
    e.hint = "`pawl status` lists the runs.";
    co_return e;
  }
  co_return std::move(**found);
}

namespace {

asio::awaitable<result<int>> converse_on(asio::io_context& io, pg::conninfo info,
                                         conversation talk) {
  pg::connection c{io.get_executor()};
  auto open = co_await c.open(std::move(info), "pawl", soon());
  if (!open) {
    co_return open.error();
  }
  auto ledger = co_await ledger::exists(c, soon());
  if (!ledger) {
    co_return ledger.error();
  }
  if (!*ledger) {
    error e;
    e.code = errc::unknown_run;
    e.message = "no job was ever run in this database: it has no schema pawl";
    e.hint = "Start one with `pawl run FILE.sql`, or check the connection string.";
    co_return e;
  }
  co_return co_await talk(io, c);
}

}  // namespace

int converse(const arguments& a, conversation talk) {
  auto info = find_connection(a);
  if (!info) {
    return fail(a, info.error());
  }
  asio::io_context io{1};
  auto code = run_to_end(io, converse_on(io, std::move(*info), std::move(talk)));
  return code ? *code : fail(a, code.error());
}

}  // namespace pawl::cli
