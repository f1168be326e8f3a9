#include "pg/tls_defaults.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <algorithm>
#include <array>

#include "pg/bad_string.hpp"

namespace pawl::pg {
namespace {

constexpr auto npos = std::string_view::npos;

bool is_local(std::string_view host) {
  if (host.empty() || host.front() == '/' || host.front() == '@') return true;
  std::string lower(host);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  const bool is_address = lower.find_first_not_of("0123456789.") == npos;
  return lower == "localhost" || lower == "::1" || (is_address && lower.starts_with("127."));
}

// The first host of a comma-separated list that is not this machine.
std::optional<std::string> first_remote(std::string_view hosts) {
  while (true) {
    const std::string_view host = hosts.substr(0, hosts.find(','));
    if (!is_local(host)) return std::string(host);
    if (host.size() == hosts.size()) return std::nullopt;
    hosts.remove_prefix(host.size() + 1);
  }
}

std::optional<error> check_root_certificate(const std::string& file) {
  constexpr int first_with_system_roots = 160000;
  if (file != "system" || PQlibVersion() >= first_with_system_roots) return std::nullopt;
  return bad_string("sslrootcert=system needs libpq 16 or newer",
                    "Name the file, as in sslrootcert=/etc/ssl/certs/ca-certificates.crt.");
}

std::optional<error> check_mode(const std::string& mode, const std::optional<std::string>& remote) {
  constexpr std::array<std::string_view, 6> modes{"disable", "allow",     "prefer",
                                                  "require", "verify-ca", "verify-full"};
  if (std::find(modes.begin(), modes.end(), mode) == modes.end()) {
    return bad_string("the value of sslmode is none that libpq knows",
                      "Write sslmode=require, or sslmode=verify-full with sslrootcert=FILE.");
  }
  if (remote && (mode == "prefer" || mode == "allow")) {
    return bad_string(
        fmt::format("sslmode={} does not protect a connection to {}", mode, *remote),
        "Write sslmode=require, or sslmode=disable if the network itself is trusted.");
  }
  return std::nullopt;
}

void replace_no_verify(conninfo& c) {
  const auto mode = c.values.find("sslmode");
  if (mode == c.values.end() || mode->second != "no-verify") return;
  mode->second = "require";
  c.warnings.emplace_back("sslmode=no-verify is taken as sslmode=require");
}

}  // namespace

std::string effective(const conninfo& c, const char* keyword, const environment& env,
                      std::string_view variable) {
  const auto found = c.values.find(keyword);
  if (found != c.values.end() && !found->second.empty()) return found->second;
  return env(variable).value_or("");
}

std::optional<error> apply_tls_defaults(conninfo& c, const environment& env) {
  replace_no_verify(c);
  const std::string mode = effective(c, "sslmode", env, "PGSSLMODE");
  const std::string root = effective(c, "sslrootcert", env, "PGSSLROOTCERT");
  std::string address = effective(c, "hostaddr", env, "PGHOSTADDR");
  if (address.empty()) address = effective(c, "host", env, "PGHOST");
  const std::optional<std::string> remote = first_remote(address);

  if (auto failure = check_root_certificate(root)) return failure;
  if (!mode.empty()) {
    if (auto failure = check_mode(mode, remote)) return failure;
    if (remote && mode == "disable") {
      c.warnings.push_back(fmt::format("no TLS to {}: rows can be read on the way", *remote));
    }
  }
  if (!effective(c, "service", env, "PGSERVICE").empty()) return std::nullopt;

  if (effective(c, "gssencmode", env, "PGGSSENCMODE").empty()) c.values["gssencmode"] = "disable";
  if (!mode.empty()) return std::nullopt;
  if (!root.empty()) {
    c.values["sslmode"] = "verify-full";
  } else if (remote) {
    c.values["sslmode"] = "require";
    c.warnings.push_back(fmt::format(
        "TLS to {} does not verify its certificate: give sslrootcert=FILE to do so", *remote));
  }
  return std::nullopt;
}

}  // namespace pawl::pg
