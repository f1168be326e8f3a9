// Makes a cluster and starts its server, by way of initdb, single-user mode and pg_ctl. Every call
// expects the folder's lock to be held.
#pragma once

#include <filesystem>
#include <optional>
#include <pawl/error.hpp>
#include <string>
#include <vector>

#include "sandbox/folder.hpp"
#include "sandbox/process.hpp"

namespace pawl::sandbox {

struct cluster {
  layout where;
  std::filesystem::path bin;
  std::optional<account> who;  // empty: this process's own user
  std::filesystem::path socket_folder;
};

enum class start_result { started, port_taken };

// initdb, the password and database `pawl`, all in a folder beside, which takes its final name
// last: a cluster is whole or not there. Errors: sandbox, with what the programs printed as detail.
result<void> make_cluster(const cluster& c);

// Writes postgresql.conf and starts the server; returns when it takes connections.
// Errors: sandbox, with the last lines of the server's log as detail.
result<start_result> start(const cluster& c, int port, const std::vector<std::string>& settings);

// A port of the loopback that nothing listens on now.
result<int> free_port();
bool is_free(int port);

}  // namespace pawl::sandbox
