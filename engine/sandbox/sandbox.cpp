#include "sandbox/sandbox.hpp"

#include <fmt/format.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <optional>
#include <system_error>

#include "sandbox/cluster.hpp"
#include "sandbox/failure.hpp"
#include "sandbox/folder.hpp"
#include "sandbox/owner.hpp"
#include "sandbox/postmaster.hpp"
#include "sandbox/programs.hpp"
#include "sandbox/settings.hpp"

namespace pawl::sandbox {
namespace {

namespace fs = std::filesystem;

constexpr int port_attempts_max = 5;
constexpr int port_max = 65535;

bool has_cluster(const layout& where) {
  std::error_code ignored;
  return fs::exists(where.data() / "PG_VERSION", ignored);
}

// The lock of the folder, made again as often as another process's `down` takes it away.
result<descriptor> make_and_lock(const layout& where, const std::optional<account>& who) {
  constexpr int attempts_max = 100;
  for (int attempt = 0; attempt < attempts_max; ++attempt) {
    const result<void> made = make_folder(where, who);
    if (!made) return made.error();
    result<descriptor> lock = lock_folder(where);
    if (!lock || *lock) return lock;
  }
  return failure(where.folder.string() + " is removed again and again by another process");
}

result<fs::path> programs_for(const layout& where, const options& o) {
  if (!o.bin.empty()) return fs::absolute(o.bin);
  const result<marker> kept = read_marker(where);
  if (kept && is_complete(kept->bin)) return kept->bin;
  return find_server_programs();
}

// A cluster can only be opened by the major version that made it.
result<void> check_version(const layout& where, const fs::path& bin) {
  const result<server_version> version = version_of(bin);
  if (!version) return version.error();
  if (!has_cluster(where)) return {};
  const result<std::string> made_by = read_file(where.data() / "PG_VERSION");
  if (!made_by) return made_by.error();
  const std::string major = made_by->substr(0, made_by->find('\n'));
  if (major == std::to_string(version->major)) return {};
  return failure(fmt::format("the sandbox in {} was made by PostgreSQL {}, and {} holds {}",
                             where.folder.string(), major, bin.string(), version->text),
                 "Name the folder of the older programs with --bin, or type: pawl sandbox down "
                 "--remove --folder " +
                     where.folder.string());
}

result<void> check_reachable(const std::optional<account>& who, const fs::path& bin) {
  if (!who) return {};
  const auto closed = closed_to(*who, bin / "postgres");
  if (!closed) return closed.error();
  if (!*closed) return {};
  return failure(
      fmt::format("user {}, who runs the server for root, may not enter {}", who->name,
                  (*closed)->string()),
      "Install the server where every user can run it, and name that folder with --bin.");
}

result<int> choose_port(const options& o, int kept) {
  if (o.port != 0) {
    if (is_free(o.port)) return o.port;
    return failure(fmt::format("port {} is taken", o.port),
                   "Take another one with --port, or none: a free one is found.");
  }
  if (kept != 0 && is_free(kept)) return kept;
  return free_port();
}

result<void> start_on_a_free_port(const cluster& c, const options& o, int kept) {
  for (int attempt = 0; attempt < port_attempts_max; ++attempt) {
    const result<int> port = choose_port(o, kept);
    if (!port) return port.error();
    const result<void> noted =
        write_file(c.where.marker(), text_of({c.bin, *port}), 0644, std::nullopt);
    if (!noted) return noted;
    const result<start_result> started = start(c, *port, o.settings);
    if (!started) return started.error();
    if (*started == start_result::started) return {};
    kept = 0;
  }
  return failure("every port tried was taken by another process before the server had it",
                 "Type the same command again.");
}

result<void> make_and_start(const layout& where, const options& o,
                            const std::optional<account>& who) {
  const result<fs::path> bin = programs_for(where, o);
  if (!bin) return bin.error();
  const result<void> fits = check_version(where, *bin);
  if (!fits) return fits;
  const result<void> reachable = check_reachable(who, *bin);
  if (!reachable) return reachable;

  const result<marker> kept = read_marker(where);
  const int port = kept ? kept->port : 0;
  // Noted before anything else is made, so that a half-made folder can be told and removed.
  const result<void> noted = write_file(where.marker(), text_of({*bin, port}), 0644, std::nullopt);
  if (!noted) return noted;
  const cluster c{where, *bin, who, socket_folder_of(where.folder, who ? who->uid : ::geteuid())};
  if (!has_cluster(where)) {
    const result<void> made = make_cluster(c);
    if (!made) return made;
  }
  const result<void> cleared = clear_crash(where.data());
  if (!cleared) return cleared;
  return start_on_a_free_port(c, o, port);
}

result<server> describe(const layout& where) {
  const result<marker> m = read_marker(where);
  if (!m) return m.error();
  if (!has_cluster(where)) {
    return failure("the sandbox in " + where.folder.string() + " is not finished",
                   "Type: pawl sandbox up --folder " + where.folder.string());
  }
  const result<std::string> password = read_file(where.password());
  if (!password) return password.error();
  const result<server_version> version = version_of(m->bin);
  if (!version) return version.error();
  struct stat data {};
  ::stat(where.data().c_str(), &data);
  return server{
      where.folder,
      socket_folder_of(where.folder, data.st_uid),
      fmt::format("postgresql://pawl:{}@127.0.0.1:{}/pawl", *password, m->port),
      version->text,
      m->port,
      postmaster_of(where.data()).has_value(),
  };
}

// The marker goes last: until then the folder can be told for a sandbox and removed again. So does
// the lock, of which a waiting process learns that the folder is gone.
result<void> remove_all(const layout& where) {
  std::error_code failed;
  struct stat data {};
  if (::stat(where.data().c_str(), &data) == 0) {
    const fs::path sockets = socket_folder_of(where.folder, data.st_uid);
    struct stat there {};
    if (::lstat(sockets.c_str(), &there) == 0 && there.st_uid == data.st_uid) {
      fs::remove_all(sockets, failed);
    }
  }
  for (const fs::path& item :
       {where.data(), where.data_in_the_making(), where.folder / "run", where.password(),
        where.settings(), where.log(), where.marker(), where.lock()}) {
    if (!failed) fs::remove_all(item, failed);
  }
  if (failed) return failure("cannot remove " + where.folder.string() + ": " + failed.message());
  // Stays when the user put something of his own into it.
  fs::remove(where.folder, failed);
  return {};
}

}  // namespace

result<server> up(const options& o) {
  const result<layout> where = layout_of(o.folder);
  if (!where) return where.error();
  if (o.port < 0 || o.port > port_max) {
    return failure(fmt::format("{} is not a port", o.port), "Take one from 1024 to 65535.");
  }
  const result<std::optional<account>> who = server_account();
  if (!who) return who.error();
  const result<descriptor> lock = make_and_lock(*where, *who);
  if (!lock) return lock.error();
  if (!postmaster_of(where->data())) {
    const result<void> started = make_and_start(*where, o, *who);
    if (!started) return started.error();
  }
  result<server> found = describe(*where);
  if (found && o.port != 0 && found->port != o.port) {
    return failure(fmt::format("the sandbox already runs, on port {}", found->port),
                   "To move it, type first: pawl sandbox down --folder " + where->folder.string());
  }
  return found;
}

result<void> down(const fs::path& folder, bool remove) {
  const result<layout> where = layout_of(folder);
  if (!where) return where.error();
  const result<marker> known = read_marker(*where);
  if (!known) return known.error();
  const result<descriptor> lock = lock_folder(*where);
  if (!lock) return lock.error();
  if (!*lock) return {};
  const result<void> stopped = stop_postmaster(where->data(), remove ? SIGQUIT : SIGINT);
  if (!stopped || !remove) return stopped;
  for (const fs::path& data : {where->data(), where->data_in_the_making()}) {
    const result<void> cleared = clear_crash(data);
    if (!cleared) return cleared;
  }
  return remove_all(*where);
}

result<server> find(const fs::path& folder) {
  const result<layout> where = layout_of(folder);
  if (!where) return where.error();
  return describe(*where);
}

fs::path default_folder() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return fs::path(value ? value : "");
  };
  if (const fs::path chosen = variable("PAWL_SANDBOX"); !chosen.empty()) return chosen;
  if (::geteuid() == 0) return "/var/lib/pawl/sandbox";
  if (const fs::path state = variable("XDG_STATE_HOME"); state.is_absolute()) {
    return state / "pawl" / "sandbox";
  }
  fs::path home = variable("HOME");
  if (home.empty()) {
    const passwd* entry = ::getpwuid(::geteuid());
    home = entry ? entry->pw_dir : "/tmp";
  }
  return home / ".local" / "state" / "pawl" / "sandbox";
}

}  // namespace pawl::sandbox
