// The one error of reading connection settings.
#pragma once

#include <pawl/error.hpp>
#include <string>
#include <utility>

namespace pawl::pg {

inline error bad_string(std::string message, std::string hint) {
  error e;
  e.code = errc::bad_connection_string;
  e.message = std::move(message);
  e.hint = std::move(hint);
  return e;
}

}  // namespace pawl::pg
