// Folders under the temporary directory that belong to one test process.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

namespace pawl::test {

// A new folder `<tmp>/pawl-test-XXXXXX`, which others can enter. It lives until the process ends;
// when the process is killed, the next call of clear_abandoned removes it.
std::filesystem::path scratch_folder();

// Calls `remove` for each such folder whose process is gone. Whether it is gone tells a lock that
// the kernel releases with the process, so that a number used again does no harm.
void clear_abandoned(const std::function<void(const std::filesystem::path&)>& remove);

// Removes a folder of scratch_folder before the process ends.
void remove_scratch(const std::filesystem::path& folder);

}  // namespace pawl::test
