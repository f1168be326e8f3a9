// The folder of a sandbox: what lies where, the marker that tells it from any other, and its lock.
#pragma once

#include <filesystem>
#include <optional>
#include <pawl/error.hpp>
#include <string>

#include "sandbox/descriptor.hpp"
#include "sandbox/process.hpp"

namespace pawl::sandbox {

struct layout {
  std::filesystem::path folder;

  std::filesystem::path marker() const { return folder / "pawl-sandbox"; }
  std::filesystem::path lock() const { return folder / "lock"; }
  std::filesystem::path password() const { return folder / "password"; }
  std::filesystem::path settings() const { return folder / "postgresql.conf"; }
  std::filesystem::path log() const { return folder / "server.log"; }
  std::filesystem::path data() const { return folder / "data"; }
  std::filesystem::path data_in_the_making() const { return folder / "data.new"; }
};

// What the marker says.
struct marker {
  std::filesystem::path bin;
  int port = 0;

  bool operator==(const marker&) const = default;
};

std::string text_of(const marker& m);
// Empty if `text` is no marker. Pure.
std::optional<marker> parse_marker(const std::string& text);

// Errors: sandbox when `where` is not a folder that pawl made.
result<marker> read_marker(const layout& where);

// The folder as an absolute path. Errors: sandbox for a name that pg_ctl's shell would misread.
result<layout> layout_of(const std::filesystem::path& folder);

// Makes the folder, and its parents, if they are missing. Errors: sandbox when it holds anything
// that is not a sandbox's, or when `who` cannot reach it: naming the closed parent.
result<void> make_folder(const layout& where, const std::optional<account>& who);

// Waits for the lock of an existing folder; it is released with the descriptor. An empty descriptor
// means that the folder went away while waiting.
result<descriptor> lock_folder(const layout& where);

}  // namespace pawl::sandbox
