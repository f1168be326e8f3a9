// The text of a sandbox's postgresql.conf. Pure.
#pragma once

#include <cstdint>
#include <filesystem>
#include <pawl/error.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::sandbox {

// One eighth of the machine, between 128 MB and 2 GB: a sandbox shares the machine with an editor.
int shared_buffers_mb(std::uint64_t memory_bytes);

// As a quoted value of postgresql.conf: quotes and backslashes doubled.
std::string quoted_value(std::string_view value);

// The whole file. `extra` ("name=value") stands last and so wins over pawl's own.
// Errors: sandbox, naming the setting that is no "name=value" or holds a line break.
result<std::string> settings_text(int port, const std::filesystem::path& socket_folder,
                                  int shared_buffers, const std::vector<std::string>& extra);

// Where the socket goes: `run` in the sandbox's folder, or, when the kernel's 107 bytes of a socket
// path do not hold that, a name under `/tmp` that depends on `folder` and `uid` alone.
std::filesystem::path socket_folder_of(const std::filesystem::path& folder, std::uint64_t uid);

}  // namespace pawl::sandbox
