#include "sandbox/cluster.hpp"

#include <fmt/format.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <system_error>

#include "sandbox/failure.hpp"
#include "sandbox/owner.hpp"
#include "sandbox/settings.hpp"

namespace pawl::sandbox {
namespace {

namespace fs = std::filesystem;

// Crash recovery of a few gigabytes of WAL on a slow disk ends within this.
constexpr auto start_seconds_max = "300";
constexpr std::size_t log_tail_bytes = 2000;

result<outcome> run_as_server(const cluster& c, std::vector<std::string> arguments,
                              std::string input = {}) {
  program p;
  p.arguments = std::move(arguments);
  p.environment = server_environment();
  p.input = std::move(input);
  p.become = c.who;
  return run(p);
}

result<void> expect_success(const std::string& name, const result<outcome>& done) {
  if (!done) return done.error();
  if (done->exit_code == 0) return {};
  return failure(fmt::format("{} failed with exit code {}", name, done->exit_code),
                 "Mend what it says, then type the same command again: " + done->output);
}

result<std::string> new_password() {
  std::array<unsigned char, 24> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    return system_failure("make a password");
  }
  std::string text;
  for (const unsigned char byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

// Keeps what is there only if it is exactly what this function would make: a name under /tmp can be
// taken by anyone.
result<void> make_socket_folder(const cluster& c) {
  struct stat there {};
  if (::lstat(c.socket_folder.c_str(), &there) != 0) {
    return make_directory(c.socket_folder, 0700, c.who);
  }
  const uid_t owner = c.who ? c.who->uid : ::geteuid();
  if (S_ISDIR(there.st_mode) && there.st_uid == owner && (there.st_mode & 0077U) == 0) return {};
  return failure(c.socket_folder.string() + " is not a private folder of the server's user",
                 "Remove it, or take a shorter folder for the sandbox with --folder.");
}

// No server runs: whatever socket or lock lies here is a crashed one's, and its lock would be
// believed if the number in it is another process by now.
void clear_sockets(const cluster& c) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(c.socket_folder, ignored)) {
    fs::remove(entry.path(), ignored);
  }
}

std::uint64_t memory_bytes() {
  return static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) *
         static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

result<std::uint64_t> prepare_log(const cluster& c) {
  std::error_code missing;
  const std::uint64_t size = fs::file_size(c.where.log(), missing);
  if (!missing) return size;
  const result<void> made = write_file(c.where.log(), "", 0600, c.who);
  if (!made) return made.error();
  return std::uint64_t{0};
}

std::string log_since(const cluster& c, std::uint64_t start) {
  const result<std::string> log = read_file(c.where.log());
  if (!log || log->size() <= start) return {};
  std::string text = log->substr(start);
  if (text.size() <= log_tail_bytes) return text;
  text.erase(0, text.size() - log_tail_bytes);
  return text.substr(std::min(text.find('\n') + 1, text.size()));
}

}  // namespace

result<void> make_cluster(const cluster& c) {
  const fs::path data = c.where.data_in_the_making();
  std::error_code failed;
  fs::remove_all(data, failed);
  if (failed) return failure("cannot clear " + data.string() + ": " + failed.message());
  const result<std::string> password = new_password();
  if (!password) return password.error();
  const result<void> made = make_directory(data, 0700, c.who);
  if (!made) return made;
  const result<void> kept = write_file(c.where.password(), *password, 0600, c.who);
  if (!kept) return kept;

  const result<void> initialised = expect_success(
      "initdb",
      run_as_server(c, {(c.bin / "initdb").string(), "--pgdata=" + data.string(), "--username=pawl",
                        "--auth-local=trust", "--auth-host=scram-sha-256", "--encoding=UTF8",
                        "--locale=C.UTF-8", "--pwfile=" + c.where.password().string()}));
  if (!initialised) return initialised;
  // Not every distribution of the server brings createdb.
  const result<void> created = expect_success(
      "making database pawl", run_as_server(c,
                                            {(c.bin / "postgres").string(), "--single", "-c",
                                             "exit_on_error=on", "-D", data.string(), "postgres"},
                                            "CREATE DATABASE pawl\n"));
  if (!created) return created;
  fs::rename(data, c.where.data(), failed);
  if (failed) return failure("cannot name " + c.where.data().string() + ": " + failed.message());
  return {};
}

result<start_result> start(const cluster& c, int port, const std::vector<std::string>& settings) {
  const result<std::string> text =
      settings_text(port, c.socket_folder, shared_buffers_mb(memory_bytes()), settings);
  if (!text) return text.error();
  const result<void> written = write_file(c.where.settings(), *text, 0644, std::nullopt);
  if (!written) return written.error();
  const result<void> sockets = make_socket_folder(c);
  if (!sockets) return sockets.error();
  clear_sockets(c);
  const result<std::uint64_t> log_start = prepare_log(c);
  if (!log_start) return log_start.error();

  const result<outcome> done = run_as_server(
      c, {(c.bin / "pg_ctl").string(), "start", "--wait", "--timeout", start_seconds_max,
          "--pgdata", c.where.data().string(), "--log", c.where.log().string(), "--options",
          "-c \"config_file=" + c.where.settings().string() + "\""});
  if (!done) return done.error();
  if (done->exit_code == 0) return start_result::started;
  const std::string log = log_since(c, *log_start);
  if (log.find("could not create any TCP/IP sockets") != std::string::npos) {
    return start_result::port_taken;
  }
  return failure("the server in " + c.where.folder.string() + " does not start",
                 "Read its log: less " + c.where.log().string() + ".",
                 log.empty() ? done->output : log);
}

}  // namespace pawl::sandbox
