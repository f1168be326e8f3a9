// Verification by itself, of a run that is there: what `pawl verify` does. Read-only.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <string>

#include "ledger/run.hpp"
#include "pg/conninfo.hpp"
#include "sql/job.hpp"

namespace pawl::run {

// One line of what was checked and found to hold. Errors: verification_failed; those of
// plan::resolve.
boost::asio::awaitable<result<std::string>> check_run(boost::asio::any_io_executor executor,
                                                      pg::conninfo where, ledger::run_record r,
                                                      sql::job job);

}  // namespace pawl::run
