#include "cli/session.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <langinfo.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/configuration.hpp"
#include "ledger/schema.hpp"
#include "observe/choose.hpp"
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
