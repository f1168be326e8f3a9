// The server's plan of one batch, before any is run.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>

#include "plan/statements.hpp"
#include "run/context.hpp"

namespace pawl::run {

struct explained {
  std::string text;  // as EXPLAIN prints it
  // Each batch would read a large table as a whole, or take its rows together.
  std::optional<error> refused;
  std::vector<std::string> whole_reads;  // other tables that each batch reads as a whole
};

// Of a batch of `l`. Runs nothing. The settings of the context must be composed.
boost::asio::awaitable<result<explained>> explain_batch(context& x, pg::connection& c,
                                                        const plan::leaf& l, pg::statement batch);

// A batch in the middle of the leaf's keys, as wide as the first will be; nullopt for an empty
// leaf.
boost::asio::awaitable<result<std::optional<plan::interval>>> sample_interval(
    context& x, pg::connection& c, const plan::leaf& l, double position, std::int64_t rows);

// Of the statement itself, which its batches are not made of where its rows are computed once: only
// whether the server takes it.
boost::asio::awaitable<result<void>> check_whole_statement(context& x, pg::connection& c);

// What keeps a run from being opened: guard if a batch of the plan's largest leaf would read it as
// a whole, marker_needed if it would take rows together, and what the server says of the statement.
boost::asio::awaitable<result<void>> refuse_unfit_plans(context& x, pg::connection& c);

}  // namespace pawl::run
