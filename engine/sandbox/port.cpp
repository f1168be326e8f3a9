#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <bit>

#include "sandbox/cluster.hpp"
#include "sandbox/failure.hpp"

namespace pawl::sandbox {
namespace {

// Bound as the server itself does it: a port whose last connections are still fading is free.
result<int> bound_port(int port) {
  const descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  socklen_t size = sizeof address;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  auto* const any = static_cast<sockaddr*>(static_cast<void*>(&address));
  if (!socket || ::bind(socket.get(), any, size) != 0 || ::listen(socket.get(), 1) != 0 ||
      ::getsockname(socket.get(), any, &size) != 0) {
    return system_failure("listen on port " + std::to_string(port));
  }
  return ntohs(address.sin_port);
}

}  // namespace

result<int> free_port() {
  return bound_port(0);
}

bool is_free(int port) {
  return bound_port(port).has_value();
}

}  // namespace pawl::sandbox
