// The processes of one cluster, found by what they are and not by a number in a file.
//
// A postmaster.pid survives a crash, and after a reboot its number may be anyone's. A process
// counts as the cluster's when its program is `postgres` and its folder the data directory, both as
// the kernel tells them (`/proc`), which it does to the same user and to root.
#pragma once

#include <sys/types.h>

#include <csignal>
#include <filesystem>
#include <optional>
#include <pawl/error.hpp>
#include <vector>

namespace pawl::sandbox {

// All processes of the cluster in `data`, those that outlived their postmaster included.
std::vector<pid_t> processes_of(const std::filesystem::path& data);

// The running postmaster of the cluster in `data`; empty if there is none.
std::optional<pid_t> postmaster_of(const std::filesystem::path& data);

// Sends `signal` to the postmaster (SIGINT: fast, with a checkpoint; SIGQUIT: at once) and waits
// for its end. Fine when none runs. Errors: sandbox when it has not ended within five minutes.
result<void> stop_postmaster(const std::filesystem::path& data, int signal);

// Kills what is left of a crashed server and removes its pid file, so that a new one can start. To
// be called with the folder's lock held and no postmaster running.
result<void> clear_crash(const std::filesystem::path& data);

}  // namespace pawl::sandbox
