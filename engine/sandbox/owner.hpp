// Whose files and processes a sandbox is made of.
//
// initdb refuses root, so root hands the server over to `postgres`, else `nobody`; everyone else
// runs it himself. That user must be able to reach the programs and the folder.
#pragma once

#include <filesystem>
#include <optional>
#include <pawl/error.hpp>

#include "sandbox/process.hpp"

namespace pawl::sandbox {

// The account to hand over to; empty when this process is not root.
// Errors: sandbox when root finds neither user.
result<std::optional<account>> server_account();

// The first directory on the way to `path`, or `path` itself, that `who` may not enter or execute;
// empty when all is open. `path` must be absolute and exist.
result<std::optional<std::filesystem::path>> closed_to(const account& who,
                                                       const std::filesystem::path& path);

// Makes directory `path` with `mode`, whatever the umask, and gives it to `who`.
// Errors: sandbox, also when something else stands there.
result<void> make_directory(const std::filesystem::path& path, unsigned mode,
                            const std::optional<account>& who);

// Writes a new file in place of an old one, at once: a reader sees one or the other.
result<void> write_file(const std::filesystem::path& path, const std::string& text, unsigned mode,
                        const std::optional<account>& who);

// Errors: sandbox.
result<std::string> read_file(const std::filesystem::path& path);

}  // namespace pawl::sandbox
