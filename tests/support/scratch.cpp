#include "support/scratch.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>
#include <system_error>

namespace pawl::test {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view prefix = "pawl-test-";

fs::path lock_of(const fs::path& folder) {
  return folder / "alive";
}

// Never closed on purpose: the lock must last as long as the process.
bool hold(const fs::path& lock) {
  const int file = ::open(lock.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (file < 0) return false;
  if (::flock(file, LOCK_EX | LOCK_NB) == 0) return true;
  ::close(file);
  return false;
}

bool is_own(const fs::path& folder) {
  struct stat there {};
  return ::lstat(folder.c_str(), &there) == 0 && S_ISDIR(there.st_mode) &&
         there.st_uid == ::geteuid();
}

}  // namespace

fs::path scratch_folder() {
  std::string name = (fs::temp_directory_path() / prefix).string() + "XXXXXX";
  if (::mkdtemp(name.data()) == nullptr || ::chmod(name.c_str(), 0755) != 0 ||
      !hold(lock_of(name))) {
    throw std::runtime_error("cannot make a folder for tests: " + name);
  }
  return name;
}

void clear_abandoned(const std::function<void(const fs::path&)>& remove) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(fs::temp_directory_path(), ignored)) {
    const fs::path& folder = entry.path();
    if (!folder.filename().string().starts_with(prefix) || !is_own(folder)) continue;
    // Without its lock file a folder is only just being made.
    if (!fs::exists(lock_of(folder), ignored) || !hold(lock_of(folder))) continue;
    remove(folder);
    fs::remove_all(folder, ignored);
  }
}

void remove_scratch(const fs::path& folder) {
  std::error_code ignored;
  fs::remove_all(folder, ignored);
}

}  // namespace pawl::test
