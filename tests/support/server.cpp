#include "support/server.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <stdexcept>

#include "sandbox/sandbox.hpp"
#include "support/scratch.hpp"

namespace pawl::test {
namespace {

namespace fs = std::filesystem;

constexpr int debian_major = 15;
constexpr int newest_major = 18;

fs::path variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

// Where scripts/install.sh puts it.
fs::path cache_folder() {
  if (const fs::path chosen = variable("PAWL_CACHE"); !chosen.empty()) return chosen;
  if (::geteuid() == 0) return "/var/cache/pawl";
  return variable("HOME") / ".cache" / "pawl";
}

// Nothing here has to outlive the machine; what must survive is a crash of the server.
std::vector<std::string> settings_for_tests() {
  return {"fsync=off", "shared_buffers=128MB", "wal_level=logical", "max_wal_size=1GB",
          "max_connections=300"};
}

// One running server; its folder goes with it.
class running_server {
 public:
  explicit running_server(int major) : folder_(scratch_folder()) {
    sandbox::options o;
    o.folder = folder_ / "server";
    o.bin = programs_of(major);
    o.settings = settings_for_tests();
    const result<sandbox::server> started = sandbox::up(o);
    if (!started) throw std::runtime_error(to_string(started.error()) + started.error().detail);
    server_ = *started;
  }
  running_server(const running_server&) = delete;
  running_server& operator=(const running_server&) = delete;
  ~running_server() {
    const result<void> ended = sandbox::down(server_.folder, true);
    if (!ended) std::fputs((to_string(ended.error()) + "\n").c_str(), stderr);
    remove_scratch(folder_);
  }

  const sandbox::server& get() const { return server_; }

 private:
  fs::path folder_;
  sandbox::server server_;
};

const sandbox::server& server_of(int major) {
  static std::map<int, std::unique_ptr<running_server>> servers;
  std::unique_ptr<running_server>& server = servers[major];
  if (!server) {
    clear_abandoned(
        [](const fs::path& folder) { std::ignore = sandbox::down(folder / "server", true); });
    server = std::make_unique<running_server>(major);
  }
  return server->get();
}

std::string url_on(const sandbox::server& server, const std::string& user_and_password,
                   const std::string& database) {
  return fmt::format("postgresql://{}@127.0.0.1:{}/{}", user_and_password, server.port, database);
}

std::string next_name() {
  static std::atomic<int> count = 0;
  return fmt::format("t{}", ++count);
}

}  // namespace

fs::path programs_of(int major) {
  if (major == debian_major) return "/usr/lib/postgresql/15/bin";
  if (const fs::path chosen = variable("PAWL_TEST_PG18_BIN"); !chosen.empty()) return chosen;
  return cache_folder() / "pg18" / "native" / "bin";
}

const std::vector<int>& versions() {
  static const std::vector<int> all{debian_major, newest_major};
  return all;
}

std::optional<std::string> missing(int major) {
  const fs::path bin = programs_of(major);
  std::error_code ignored;
  if (fs::exists(bin / "postgres", ignored)) return std::nullopt;
  return fmt::format("PostgreSQL {} is not in {}; type: scripts/install.sh", major, bin.string());
}

const std::string& test_server(int major) {
  return server_of(major).url;
}

server_address address_of(int major) {
  const sandbox::server& server = server_of(major);
  return {server.socket_folder.string(), server.port, server.folder.string()};
}

test_database::test_database(int major) : major_(major), name_(next_name()) {
  const std::string& server = test_server(major_);
  test::sql(server, "CREATE DATABASE " + name_);
  url_ = server.substr(0, server.rfind('/') + 1) + name_;
}

test_database::~test_database() {
  try {
    test::sql(test_server(major_), "DROP DATABASE " + name_ + " WITH (FORCE)");
  } catch (const std::exception& failed) {
    // A test that kills the server has no database to drop.
    std::fputs(failed.what(), stderr);
  }
}

void test_database::enlarge(const std::string& table, const std::string& values) const {
  sql("ALTER TABLE " + table + " ADD pad text; ALTER TABLE " + table +
      " ALTER pad SET STORAGE EXTERNAL");
  sql("INSERT INTO " + table + " SELECT * FROM jsonb_populate_record(NULL::" + table + ", '" +
      values + "' || jsonb_build_object('pad', repeat('x', 9437184)))");
}

std::string test_database::url_as(const std::string& user, const std::string& password) const {
  return url_on(server_of(major_), user + ":" + password, name_);
}

std::string name_of_version(const ::testing::TestParamInfo<int>& info) {
  return std::to_string(info.param);
}

}  // namespace pawl::test
