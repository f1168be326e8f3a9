// The columns that a query shows, without running it. Internal to the room.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <vector>

#include "pg/connection.hpp"
#include "plan/job_plan.hpp"

namespace pawl::plan {

struct shown_column {
  std::string name;
  std::string type;       // with its length or precision, as SQL; a domain as what it is over
  std::string collation;  // schema-qualified and quoted; empty for a type without one
  bool is_deterministic = true;  // the collation tells all different values apart

  // For a column definition.
  std::string definition() const {
    return collation.empty() ? type : type + " COLLATE " + collation;
  }
};

// Of `item`, an item of FROM with what it needs of `with` in front of the query, under the given
// settings. Errors: those of the server, which knows then whether the item can be read at all.
boost::asio::awaitable<result<std::vector<shown_column>>> read_shape(
    pg::connection& c, settings under, std::string with, std::string item, pg::time_point deadline);

}  // namespace pawl::plan
