#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/documents.hpp"
#include "cli/session.hpp"
#include "sandbox/sandbox.hpp"

namespace pawl::cli {

namespace {

std::filesystem::path folder_of(const arguments& a) {
  return a.folder.empty() ? sandbox::default_folder() : std::filesystem::path{a.folder};
}

void show(const arguments& a, const sandbox::server& s) {
  if (a.json) {
    nlohmann::ordered_json j;
    j["schema"] = "pawl.sandbox/1";
    j["url"] = s.url;
    j["folder"] = s.folder.string();
    j["version"] = s.version;
    j["port"] = s.port;
    j["running"] = s.running;
    print(j.dump(2) + '\n');
    return;
  }
  print(s.url + '\n');
}

}  // namespace

int sandbox_command(const arguments& a) {
  if (a.what == command::sandbox_down) {
    auto stopped = sandbox::down(folder_of(a), a.remove);
    if (stopped && a.json) {
      nlohmann::ordered_json j;
      j["schema"] = "pawl.sandbox/1";
      j["folder"] = folder_of(a).string();
      j["running"] = false;
      print(json_line(j));
    }
    return stopped ? 0 : fail(a, stopped.error());
  }
  if (a.what == command::sandbox_url) {
    auto found = sandbox::find(folder_of(a));
    if (!found) {
      return fail(a, found.error());
    }
    show(a, *found);
    return 0;
  }
  sandbox::options o;
  o.folder = folder_of(a);
  o.bin = a.bin;
  o.port = a.port;
  o.settings = a.settings;
  auto server = sandbox::up(o);
  if (!server) {
    return fail(a, server.error());
  }
  if (!a.json && !a.quiet) {
    fmt::print(stderr, "PostgreSQL {} runs in {}\n", server->version, server->folder.string());
  }
  show(a, *server);
  return 0;
}

}  // namespace pawl::cli
