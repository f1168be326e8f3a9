#include "cli/check_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "cli/session.hpp"
#include "spelling.hpp"
#include "sql/limits.hpp"

namespace pawl::cli {

namespace fs = std::filesystem;

namespace {

constexpr const char* migration_file = "migration.sql";

error unreadable(std::string message, std::string hint) {
  error e;
  e.code = errc::file_unreadable;
  e.message = std::move(message);
  e.hint = std::move(hint);
  return e;
}

struct named_file {
  std::string name;
  fs::path path;
};

// Its own name also when it was given as "", "." or "m/".
std::string folder_name(const fs::path& folder) {
  std::error_code failed;
  const fs::path whole =
      fs::absolute(folder.empty() ? fs::path(".") : folder, failed).lexically_normal();
  return (whole.has_filename() ? whole : whole.parent_path()).filename().string();
}

error unseen(const fs::path& path, const std::error_code& why) {
  return unreadable(fmt::format("cannot look at {}: {}", path.string(), why.message()),
                    "Nothing was checked. Make it readable, or name the files to check.");
}

// What is there but cannot be looked at is an error: it could be a migration.
result<fs::file_type> type_of(const fs::path& path) {
  std::error_code failed;
  const auto type = fs::status(path, failed).type();
  if (type == fs::file_type::none) return unseen(path, failed);
  return type;
}

result<void> add_entry(const fs::path& path, std::vector<named_file>& to) {
  const auto inside = type_of(path / migration_file);
  if (!inside) return inside.error();
  if (*inside == fs::file_type::regular) {
    to.push_back({path.filename().string(), path / migration_file});
    return {};
  }
  if (path.extension() != ".sql") return {};
  const auto own = type_of(path);
  if (!own) return own.error();
  if (*own == fs::file_type::not_found) {
    return unseen(path, std::make_error_code(std::errc::no_such_file_or_directory));
  }
  if (*own == fs::file_type::regular) to.push_back({path.stem().string(), path});
  return {};
}

result<std::vector<named_file>> files_of(const fs::path& folder) {
  const auto own = type_of(folder / migration_file);
  if (!own) return own.error();
  if (*own == fs::file_type::regular) {
    return std::vector<named_file>{{folder_name(folder), folder / migration_file}};
  }
  std::error_code failed;
  std::vector<named_file> found;
  for (fs::directory_iterator entry(folder, failed), end; !failed && entry != end;
       entry.increment(failed)) {
    if (auto added = add_entry(entry->path(), found); !added) return added.error();
  }
  if (failed) return unseen(folder, failed);
  std::sort(found.begin(), found.end(), [](const named_file& a, const named_file& b) {
    return std::tie(a.name, a.path) < std::tie(b.name, b.path);
  });
  return found;
}

std::vector<std::string> usual_folders() {
  std::vector<std::string> found;
  for (const char* folder : {"prisma/migrations", "migrations"}) {
    if (found.empty() && fs::is_directory(folder)) found.emplace_back(folder);
  }
  if (fs::is_directory("jobs")) found.emplace_back("jobs");
  return found;
}

result<lint::input> read_input(const named_file& file, bool is_job) {
  auto bytes = read_file(file.path.string(), sql::file_bytes_max,
                         "Load bulk data with psql's \\copy, or divide the migration.");
  if (!bytes) return bytes.error();
  lint::input made;
  made.file = file.path.string();
  made.migration = is_job ? std::string() : file.name;
  made.bytes = std::move(*bytes);
  made.is_job = is_job;
  return made;
}

result<std::vector<named_file>> files_at(const std::string& path) {
  std::error_code failed;
  if (!fs::is_directory(path, failed)) {
    // Devices and pipes have no size and no name to speak of.
    if (!fs::is_regular_file(path, failed)) {
      return unreadable(fmt::format("there is no file or folder {}", path),
                        "Check the path: it is taken from the working directory.");
    }
    const fs::path file(path);
    const bool migration = file.filename() == migration_file && file.has_parent_path();
    return std::vector<named_file>{
        {migration ? folder_name(file.parent_path()) : std::string(), file}};
  }
  auto found = files_of(path);
  if (found && found->empty()) {
    return unreadable(fmt::format("folder {} holds no */{} and no *.sql", path, migration_file),
                      "Name the folder of the migrations.");
  }
  return found;
}

result<void> cut_at(std::vector<lint::input>& files, const std::string& since) {
  std::vector<std::string_view> names;
  for (lint::input& f : files) {
    if (!f.migration.empty()) names.push_back(f.migration);
    f.only_learn = !f.migration.empty() && f.migration <= since;
  }
  if (std::find(names.begin(), names.end(), since) != names.end()) return result<void>{};
  error e;
  e.code = errc::usage;
  e.message = fmt::format("--since: there is no migration {}", since);
  const std::string_view near = nearest(since, names);
  e.hint = near.empty() ? "Give the name of its folder." : fmt::format("Did you mean {}?", near);
  return e;
}

}  // namespace

result<std::vector<lint::input>> find_check_files(const std::vector<std::string>& paths,
                                                  const std::string& since) {
  const std::vector<std::string> chosen = paths.empty() ? usual_folders() : paths;
  if (chosen.empty()) {
    return unreadable("there is no folder prisma/migrations, migrations or jobs here",
                      "Name a file or a folder: `pawl check path/to/migrations`.");
  }
  std::vector<lint::input> all;
  for (const std::string& path : chosen) {
    const auto found = files_at(path);
    if (!found) return found.error();
    for (const named_file& file : *found) {
      const bool is_job = folder_name(file.path.parent_path()) == "jobs";
      auto read = read_input(file, is_job);
      if (!read) return read.error();
      all.push_back(std::move(*read));
    }
  }
  if (!since.empty()) {
    if (auto cut = cut_at(all, since); !cut) return cut.error();
  }
  return all;
}

}  // namespace pawl::cli
