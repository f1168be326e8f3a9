// Server settings (GUCs) for the length of one transaction: poolers keep no session state, so pawl
// changes none.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <string>

#include "pg/connection.hpp"

namespace pawl::pg {

using settings = std::map<std::string, std::string>;

// set_config() of each for the transaction it runs in: one row, one column.
statement apply_settings(const settings& values);

// search_path for pawl's own statements.
settings own_path();

// One statement under the given settings, in an implicit transaction of the two.
boost::asio::awaitable<result<result_set>> ask(connection& c, settings under, statement one,
                                               time_point deadline);

}  // namespace pawl::pg
