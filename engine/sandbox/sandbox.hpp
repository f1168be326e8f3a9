// A private throw-away PostgreSQL server (14 to 18) in a folder of its own: unix socket and
// loopback only.
//
// Blocking calls that run initdb and pg_ctl; used by `pawl sandbox`, the demo, tests and
// benchmarks, never inside the event loop. The server outlives the process that started it. Calls
// on one folder wait for each other, across processes (a lock file).
//
// As root the server runs as another user (`postgres`, else `nobody`), because initdb refuses root;
// that user gets `data` and `run` only, all else stays root's. Trust authentication is safe on the
// socket: its folder is 0700; the loopback port needs the password in `<folder>/password` (0600).
//
// The folder: pawl-sandbox (the marker: programs and port), password, postgresql.conf, server.log,
// lock, data/, run/ (socket; under /tmp when the path would be too long for one).
#pragma once

#include <filesystem>
#include <pawl/error.hpp>
#include <string>
#include <vector>

namespace pawl::sandbox {

struct options {
  std::filesystem::path folder;       // made if missing; refused if it holds anything else
  std::filesystem::path bin;          // folder of initdb, pg_ctl and postgres; empty: those that
                                      // made the cluster, else find_server_programs()
  int port = 0;                       // 0: a free one is found, and kept for later starts
  std::vector<std::string> settings;  // "name=value", written to postgresql.conf at each start
};

struct server {
  std::filesystem::path folder;
  std::filesystem::path socket_folder;  // as `host` of a connection string: no password needed
  std::string url;                      // over loopback, postgresql://pawl:...@127.0.0.1:PORT/pawl
  std::string version;                  // "15.20"
  int port = 0;
  bool running = false;
};

// Makes the cluster (superuser pawl, UTF8, C.UTF-8) with its database `pawl` if there is none, and
// starts it if it does not run. A server that runs is left as it is, whatever the settings. What a
// crash left behind (pid file, orphaned processes) is cleared away first; a port that was taken
// meanwhile is replaced, unless it was asked for. `folder` may not hold `"`, `$`, a backquote, a
// backslash or a line break.
// Errors: sandbox (no server found, folder in use or closed to the server's user, start failed:
// with the last lines of the log as detail).
result<server> up(const options& o);

// Stops the server if it runs (fast, with a checkpoint); with `remove` it is stopped at once and
// the folder goes too. Only ever removes a folder that `up` made (it holds the marker).
result<void> down(const std::filesystem::path& folder, bool remove);

// The server of this folder as it is now. Errors: sandbox when there is none.
result<server> find(const std::filesystem::path& folder);

// $PAWL_SANDBOX; else as root /var/lib/pawl/sandbox (root's home is closed to the server's user);
// else $XDG_STATE_HOME/pawl/sandbox, else ~/.local/state/pawl/sandbox.
std::filesystem::path default_folder();

// Where initdb, pg_ctl and postgres are: PATH, else the newest version in the distributions'
// places. Errors: sandbox, with the package to install.
result<std::filesystem::path> find_server_programs();

}  // namespace pawl::sandbox
