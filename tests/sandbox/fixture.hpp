// A sandbox of its own for one test, removed at the test's end.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "sandbox/sandbox.hpp"
#include "support/database.hpp"
#include "support/scratch.hpp"
#include "support/server.hpp"

namespace pawl::sandbox {

class own_sandbox {
 public:
  explicit own_sandbox(int major) {
    options_.folder = scratch_ / "server";
    options_.bin = test::programs_of(major);
    options_.settings = {"fsync=off", "shared_buffers=16MB"};
  }
  own_sandbox(const own_sandbox&) = delete;
  own_sandbox& operator=(const own_sandbox&) = delete;
  ~own_sandbox() {
    std::ignore = down(options_.folder, true);
    test::remove_scratch(scratch_);
  }

  sandbox::options& options() { return options_; }
  const std::filesystem::path& folder() const { return options_.folder; }
  const std::filesystem::path& scratch() const { return scratch_; }

  // Fails the test, with the server's log, when it does not come up.
  server up() const {
    const result<server> made = sandbox::up(options_);
    if (made) return *made;
    ADD_FAILURE() << to_string(made.error()) << "\n" << made.error().detail;
    return {};
  }

 private:
  std::filesystem::path scratch_ = test::scratch_folder();
  sandbox::options options_;
};

}  // namespace pawl::sandbox
