// Schema pawl in the target database: made on first use, versioned.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string_view>

#include "pg/connection.hpp"

namespace pawl::ledger {

// The version of schema.sql that this build reads and writes.
inline constexpr int schema_version = 1;

// The protocol between runners: fence, claim and cursor, 2 with passes over a range. Runners of
// another one are refused.
inline constexpr int protocol = 2;

// The DDL, for a DBA to run where pawl's role may not create a schema.
std::string_view schema_sql();

// Makes the schema if it is missing, under an advisory lock, in one transaction.
// Errors: ledger_newer, ledger_unlogged, forbidden (with the DDL's command), the connection's.
boost::asio::awaitable<result<void>> prepare(pg::connection& c, pg::time_point deadline);

// Whether there is a ledger that this build can read. Errors as prepare().
boost::asio::awaitable<result<bool>> exists(pg::connection& c, pg::time_point deadline);

}  // namespace pawl::ledger
