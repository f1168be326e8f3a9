// Connection URLs, taken apart as libpq reads them: the first `@` before the first `/` ends the
// password, and there is no fragment.
//
// Pure. The views of url_parts point into the text that was given.
#pragma once

#include <optional>
#include <pawl/error.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::pg {

struct url_parts {
  std::string_view userinfo;           // "user:password", as written
  std::string_view password;           // its second half
  std::string_view hosts;              // "host:port,host:port"
  std::string_view path;               // with its leading slash, or empty
  std::string_view query;              // without its question mark
  std::optional<std::string> warning;  // a character of the password that other programs refuse
};

// `rest` is what follows "://". Characters that libpq takes for the end of the password or of the
// host are recognised where the result cannot be meant.
// Errors: bad_connection_string; names the characters and shows the encoded form, in which the
// password is `***`. No part of `rest` that may belong to a password is quoted.
result<url_parts> split_url(std::string_view rest);

// "%41" becomes "A"; nothing for a `%` without two hexadecimal digits, and for %00.
std::optional<std::string> percent_decode(std::string_view text);

// Everything but letters, digits and `-._~` becomes %XX.
std::string percent_encode(std::string_view text);

}  // namespace pawl::pg
