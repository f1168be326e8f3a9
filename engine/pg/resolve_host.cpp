#include "pg/resolve_host.hpp"

#include <fmt/format.h>

#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <string_view>
#include <vector>

namespace pawl::pg {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  for (std::size_t comma = text.find(','); comma != std::string_view::npos;
       comma = text.find(',', begin)) {
    parts.emplace_back(text.substr(begin, comma - begin));
    begin = comma + 1;
  }
  parts.emplace_back(text.substr(begin));
  return parts;
}

bool needs_no_lookup(const std::string& host) {
  boost::system::error_code bad;
  asio::ip::make_address(host, bad);
  return host.empty() || host.front() == '/' || host.front() == '@' || !bad;
}

asio::awaitable<result<std::vector<std::string>>> addresses_of(
    asio::any_io_executor executor, std::string host,
    std::chrono::steady_clock::time_point deadline) {
  tcp::resolver resolver{executor};
  asio::steady_timer timer{executor};
  timer.expires_at(deadline);
  auto group = asio::experimental::make_parallel_group(
      resolver.async_resolve(host, "", asio::deferred), timer.async_wait(asio::deferred));
  const auto [order, ec, found, timer_ec] =
      co_await group.async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
  error e;
  e.code = errc::unreachable;
  if (order[0] == 1) {
    e.message = fmt::format("the name of host \"{}\" was not resolved in time", host);
    co_return e;
  }
  if (ec) {
    e.message =
        fmt::format("could not translate host name \"{}\" to an address: {}", host, ec.message());
    co_return e;
  }
  std::vector<std::string> addresses;
  for (const auto& entry : found) {
    addresses.push_back(entry.endpoint().address().to_string());
  }
  co_return addresses;
}

}  // namespace

asio::awaitable<std::optional<error>> resolve_hosts(
    asio::any_io_executor executor, std::map<std::string, std::string>& values,
    std::chrono::steady_clock::time_point deadline) {
  const auto host = values.find("host");
  if (host == values.end() || values.contains("hostaddr")) {
    co_return std::nullopt;
  }
  const auto hosts = split_list(host->second);
  const auto ports = split_list(values.contains("port") ? values["port"] : "");
  bool any_name = false;
  for (const auto& one : hosts) {
    any_name = any_name || !needs_no_lookup(one);
  }
  if (!any_name) {
    co_return std::nullopt;
  }
  // Parallel lists; an entry may be empty, the comma must still stand.
  std::vector<std::string> host_list;
  std::vector<std::string> address_list;
  std::vector<std::string> port_list;
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    const auto& port = ports.size() == hosts.size() ? ports[i] : ports.front();
    std::vector<std::string> addresses{std::string{}};
    if (!needs_no_lookup(hosts[i])) {
      auto found = co_await addresses_of(executor, hosts[i], deadline);
      if (!found) {
        if (hosts.size() > 1) {
          continue;  // another host of the list may answer
        }
        co_return found.error();
      }
      addresses = *found;
    } else if (hosts[i].front() != '/' && hosts[i].front() != '@') {
      addresses.front() = hosts[i];
    }
    for (const auto& address : addresses) {
      host_list.push_back(hosts[i]);
      address_list.push_back(address);
      port_list.push_back(port);
    }
  }
  if (host_list.empty()) {
    error e;
    e.code = errc::unreachable;
    e.message = fmt::format("none of the host names \"{}\" could be resolved", values["host"]);
    co_return e;
  }
  values["host"] = fmt::format("{}", fmt::join(host_list, ","));
  values["hostaddr"] = fmt::format("{}", fmt::join(address_list, ","));
  values["port"] = fmt::format("{}", fmt::join(port_list, ","));
  co_return std::nullopt;
}

}  // namespace pawl::pg
