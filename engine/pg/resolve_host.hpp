// Name resolution off the event loop: libpq would block on it.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <map>
#include <optional>
#include <pawl/error.hpp>
#include <string>

namespace pawl::pg {

// Adds `hostaddr` to libpq settings whose `host` holds names: every address of every host, with
// `host` and `port` repeated to match, so that libpq tries them in order and TLS still checks the
// name. Leaves sockets, literal addresses and an own `hostaddr` alone. Done again for each connect,
// because names move. Errors: unreachable.
boost::asio::awaitable<std::optional<error>> resolve_hosts(
    boost::asio::any_io_executor executor, std::map<std::string, std::string>& values,
    std::chrono::steady_clock::time_point deadline);

}  // namespace pawl::pg
