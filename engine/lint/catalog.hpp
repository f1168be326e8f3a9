// What the rules want to know from a live database: its schema, and answers to their questions.
//
// Only reads: the one table that is made, an empty temporary copy for a type change, is rolled
// back. Errors: those of pg::connection.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "lint/question.hpp"
#include "lint/schema.hpp"
#include "pg/connection.hpp"

namespace pawl::lint {

boost::asio::awaitable<result<schema>> read_schema(pg::connection& c, pg::time_point deadline);

// Moves every open question to the answers. One that the server refuses, or does not answer within
// some seconds, gets none.
boost::asio::awaitable<result<void>> answer_all(pg::connection& c, question_list& questions);

}  // namespace pawl::lint
