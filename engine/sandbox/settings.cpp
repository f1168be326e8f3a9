#include "sandbox/settings.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sandbox/failure.hpp"

namespace pawl::sandbox {
namespace {

constexpr std::size_t socket_path_bytes_max = 107;
constexpr std::string_view longest_socket_name = "/.s.PGSQL.65535.lock";

// One start of a benchmark must not meet a checkpoint; the log tells what each session was.
// search_path: its role is named pawl, and "$user" would put schema pawl, once it is there, before
// the user's own tables.
constexpr std::string_view frame = R"(# Written anew at each start; change settings by way of pawl.
listen_addresses = '127.0.0.1'
port = {}
unix_socket_directories = {}
shared_buffers = '{}MB'
max_wal_size = '8GB'
checkpoint_timeout = '30min'
max_connections = 200
max_prepared_transactions = 20
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'
default_text_search_config = 'pg_catalog.english'
search_path = 'public'
log_line_prefix = '%m [%p] %q%u@%d %a '
)";

bool is_name(std::string_view name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.';
  };
  return !name.empty() && std::all_of(name.begin(), name.end(), fits);
}

std::uint64_t fnv1a(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  }
  return hash;
}

}  // namespace

int shared_buffers_mb(std::uint64_t memory_bytes) {
  const std::uint64_t eighth = memory_bytes / 8 / (1024 * 1024);
  return static_cast<int>(std::clamp<std::uint64_t>(eighth, 128, 2048));
}

std::string quoted_value(std::string_view value) {
  std::string text = "'";
  for (const char c : value) {
    if (c == '\'' || c == '\\') text += c;
    text += c;
  }
  return text + "'";
}

result<std::string> settings_text(int port, const std::filesystem::path& socket_folder,
                                  int shared_buffers, const std::vector<std::string>& extra) {
  // The setting is a list: without the inner quotes a comma in the folder's name would split it.
  const std::string sockets = quoted_value("\"" + socket_folder.string() + "\"");
  std::string text = fmt::format(frame, port, sockets, shared_buffers);
  for (const std::string& setting : extra) {
    const std::size_t equals = setting.find('=');
    const std::string_view name = std::string_view(setting).substr(0, equals);
    if (equals == std::string::npos || !is_name(name) ||
        setting.find_first_of("\r\n") != std::string::npos) {
      return failure("'" + setting + "' is not a setting",
                     "Write it as name=value, for example --set work_mem=64MB.");
    }
    text +=
        fmt::format("{} = {}\n", name, quoted_value(std::string_view(setting).substr(equals + 1)));
  }
  return text;
}

std::filesystem::path socket_folder_of(const std::filesystem::path& folder, std::uint64_t uid) {
  const std::filesystem::path inside = folder / "run";
  if (inside.string().size() + longest_socket_name.size() <= socket_path_bytes_max) return inside;
  return fmt::format("/tmp/pawl-{}-{:016x}", uid, fnv1a(folder.string()));
}

}  // namespace pawl::sandbox
