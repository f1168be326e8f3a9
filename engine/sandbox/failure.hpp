// The one way this room makes an error value.
#pragma once

#include <cerrno>
#include <cstring>
#include <pawl/error.hpp>
#include <string>
#include <utility>

namespace pawl::sandbox {

inline error failure(std::string message, std::string hint = {}, std::string detail = {}) {
  error e;
  e.code = errc::sandbox;
  e.message = std::move(message);
  e.hint = std::move(hint);
  e.detail = std::move(detail);
  return e;
}

// "cannot <doing>: <the system's text for errno>".
inline error system_failure(const std::string& doing, std::string hint = {}) {
  return failure("cannot " + doing + ": " + std::strerror(errno), std::move(hint));
}

}  // namespace pawl::sandbox
