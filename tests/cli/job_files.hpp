// A folder with a job's file for a test, and a table for it.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace pawl::test {

// A folder of its own under the temporary folder, removed at the end.
class job_folder {
 public:
  job_folder() {
    std::string path = (std::filesystem::temp_directory_path() / "pawl-job.XXXXXX").string();
    if (mkdtemp(path.data()) == nullptr) {
      throw std::runtime_error("no temporary folder");
    }
    folder_ = path;
  }
  job_folder(const job_folder&) = delete;
  job_folder& operator=(const job_folder&) = delete;
  ~job_folder() { std::filesystem::remove_all(folder_); }

  const std::filesystem::path& path() const { return folder_; }

  // Writes the file and returns its path.
  std::string write(const std::string& name, const std::string& text) const {
    const auto path = folder_ / name;
    std::ofstream{path, std::ios::binary} << text;
    return path.string();
  }

 private:
  std::filesystem::path folder_;
};

inline const char* const acct_rows = R"(
  CREATE TABLE acct (id bigint PRIMARY KEY, balance int NOT NULL DEFAULT 0, note text);
  INSERT INTO acct (id) SELECT i FROM generate_series(1, 60000) AS i;
  ANALYZE acct;)";

// Not idempotent on purpose: a row that is done twice shows.
inline const char* const add_one = "UPDATE acct SET balance = balance + 1;\n";

}  // namespace pawl::test
