// Which files `pawl check` looks at, and in which order.
#pragma once

#include <pawl/error.hpp>
#include <string>
#include <vector>

#include "lint/check.hpp"

namespace pawl::cli {

// A folder gives its migrations (`*/migration.sql`) and its `*.sql`, in the byte order of their
// names; no path at all gives the folders that projects usually have. With `since` the migrations
// up to that name are only read for what they create. Errors: file_unreadable, usage.
result<std::vector<lint::input>> find_check_files(const std::vector<std::string>& paths,
                                                  const std::string& since);

}  // namespace pawl::cli
