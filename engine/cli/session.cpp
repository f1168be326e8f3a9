#include "cli/session.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <langinfo.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/configuration.hpp"
#include "cli/documents.hpp"
#include "ledger/schema.hpp"
#include "observe/choose.hpp"
#include "pg/sqlstate.hpp"
#include "sql/limits.hpp"

namespace pawl::cli {

namespace asio = boost::asio;

namespace {

constexpr auto command_timeout = std::chrono::seconds{30};

error unreadable(const std::string& path, std::string_view why, std::string hint) {
  error e;
  e.code = errc::file_unreadable;
  e.message = fmt::format("cannot read {}: {}", path, why);
  e.hint = std::move(hint);
  return e;
}

error unreadable(const std::string& path, int number) {
  return unreadable(path, std::strerror(number),
                    "Check the path: it is taken from the working directory.");
}

// Words of the caller may be connection strings that stand in the wrong place. What is wrong with a
// connection string is told without its secrets already, and shows how one is written.
error without_secrets(error e) {
  if (e.code != errc::bad_connection_string) {
    e.message = pg::redact(e.message);
    e.hint = pg::redact(e.hint);
    e.where.file = pg::redact(e.where.file);
  }
  return e;
}

error unknown_run(const std::string& name) {
  error e;
  e.code = errc::unknown_run;
  e.message = fmt::format("there is no run \"{}\" in this database", name);
  e.hint = "`pawl status` lists the runs.";
  return e;
}

class open_file {
 public:
  // O_NONBLOCK: opening a pipe would wait until somebody writes into it.
  explicit open_file(const std::string& path)
      : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  open_file(const open_file&) = delete;
  open_file& operator=(const open_file&) = delete;
  ~open_file() {
    if (descriptor_ >= 0) {
      ::close(descriptor_);
    }
  }
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

}  // namespace

pg::time_point soon() {
  return std::chrono::steady_clock::now() + command_timeout;
}

result<std::string> read_file(const std::string& path, std::size_t bytes_max, std::string hint) {
  const open_file file(path);
  struct stat facts {};
  if (file.descriptor() < 0 || ::fstat(file.descriptor(), &facts) != 0) {
    return unreadable(path, errno);
  }
  if (!S_ISREG(facts.st_mode)) {
    return unreadable(path, S_ISDIR(facts.st_mode) ? "it is a folder" : "it is no regular file",
                      "Give the path of a file.");
  }
  const auto size = static_cast<std::uintmax_t>(facts.st_size);
  if (size > bytes_max) {
    return unreadable(path, fmt::format("it has {} bytes, more than {} kB", size, bytes_max >> 10U),
                      std::move(hint));
  }
  // The size may be a lie: files of /proc have none, and others grow.
  constexpr std::size_t piece = 64U << 10U;
  std::string text;
  for (std::size_t filled = 0; filled <= bytes_max;) {
    text.resize(filled + piece);
    const auto count = ::read(file.descriptor(), text.data() + filled, piece);
    if (count < 0 && errno != EINTR) {
      return unreadable(path, errno);
    }
    filled += count > 0 ? static_cast<std::size_t>(count) : 0;
    if (count == 0) {
      text.resize(filled);
      return text;
    }
  }
  return unreadable(path, fmt::format("it has more than {} kB", bytes_max >> 10U), std::move(hint));
}

result<std::string> read_job_file(const std::string& path) {
  return read_file(path, sql::file_bytes_max,
                   "Give the file that holds the data change alone; load bulk data with psql's "
                   "\\copy.");
}

std::optional<std::string> read_variables_text(const std::string& path) {
  std::ifstream in{path};
  std::ostringstream text;
  if (!in || !(in.peek() == std::ifstream::traits_type::eof() || (text << in.rdbuf()))) {
    return std::nullopt;
  }
  return text.str();
}

result<pg::conninfo> find_connection(const arguments& a) {
  const auto settings = read_configuration(a);
  return settings ? find_connection(a, *settings) : settings.error();
}

int fail(const arguments& a, const error& told) {
  const error e = without_secrets(told);
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
    print(json_line(j));
  }
  fmt::print(stderr, "error: {}\n", to_string(e));
  return exit_code_of(e.code);
}

int after_output(int code) {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) {
    return code;
  }
  pollfd out{STDOUT_FILENO, 0, 0};
  if (::poll(&out, 1, 0) == 1 && (out.revents & (POLLERR | POLLHUP)) != 0) {
    return code;  // whoever reads a pipe may stop when he has seen enough
  }
  error e;
  e.code = errc::output_lost;
  e.message = "the output could not be written to the end";
  e.hint = "Write it where there is room; what runs have done, `pawl status` tells.";
  const int lost = fail({}, e);
  return code == 0 ? lost : code;
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

std::optional<error> unusable_name(const std::vector<sql::job>& jobs) {
  const auto is_number = [](const std::string& name) {
    return name.find_first_not_of("0123456789") == std::string::npos;
  };
  const auto found =
      std::find_if(jobs.begin(), jobs.end(), [&](const sql::job& j) { return is_number(j.name); });
  if (found == jobs.end()) {
    return std::nullopt;
  }
  error e;
  e.code = errc::usage;
  e.message =
      fmt::format("job \"{}\" could not be told from run number {}", found->name, found->name);
  e.hint = fmt::format(
      "Give it a label with a letter, on a line before the statement: "
      "`-- pawl:batch job_{}`.",
      found->name);
  e.where.file = found->file;
  return e;
}

result<sql::job> recorded_job(const ledger::run_record& r) {
  auto jobs = sql::read_jobs(r.what.file, r.what.text);
  if (!jobs) {
    return jobs.error();
  }
  const auto index = static_cast<std::size_t>(r.what.job);
  if (index < jobs->size()) {
    return std::move((*jobs)[index]);
  }
  error e;
  e.code = errc::ledger_damaged;
  e.message = fmt::format("the definition of run {} holds {} jobs, not job {}", r.id, jobs->size(),
                          index + 1);
  return e;
}

asio::awaitable<result<void>> expect_ledger(pg::connection& c) {
  auto present = co_await ledger::exists(c, soon());
  if (!present) {
    co_return present.error();
  }
  if (*present) {
    co_return result<void>{};
  }
  error e;
  e.code = errc::unknown_run;
  e.message = "no job was ever run in this database: it has no schema pawl";
  e.hint = "Start one with `pawl run FILE.sql`, or check the connection string.";
  co_return e;
}

asio::awaitable<result<ledger::run_record>> find_run(pg::connection& c, std::string name) {
  auto found = co_await ledger::find(c, name, soon());
  if (!found) {
    co_return found.error();
  }
  if (!*found) {
    co_return unknown_run(name);
  }
  co_return std::move(**found);
}

asio::awaitable<void> let_pass(std::chrono::milliseconds time) {
  asio::steady_timer timer{co_await asio::this_coro::executor};
  timer.expires_after(time);
  co_await timer.async_wait(asio::use_awaitable);
}

namespace {

asio::awaitable<result<int>> converse_on(asio::io_context& io, pg::conninfo info,
                                         conversation talk) {
  pg::connection c{io.get_executor()};
  auto open = co_await c.open(std::move(info), "pawl", soon());
  if (!open) {
    co_return open.error();
  }
  auto ledger = co_await expect_ledger(c);
  if (!ledger) {
    co_return ledger.error();
  }
  co_return co_await talk(io, c);
}

}  // namespace

error read_only_as_refusal(error e) {
  if (e.sqlstate == pg::read_only_transaction) {
    e.code = errc::standby;
    e.hint =
        "A standby, or a session that is set read-only, takes no requests: connect to the primary.";
  }
  return e;
}

int converse(const arguments& a, conversation talk) {
  auto info = find_connection(a);
  if (!info) {
    return fail(a, info.error());
  }
  asio::io_context io{1};
  auto code = run_to_end(io, converse_on(io, std::move(*info), std::move(talk)));
  return code ? *code : fail(a, read_only_as_refusal(code.error()));
}

}  // namespace pawl::cli
