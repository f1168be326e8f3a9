// What the catalog has to say before a statement's division can be believed. Internal to the room.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <vector>

#include "plan/query_shape.hpp"
#include "plan/strategy.hpp"

namespace pawl::plan {

// As SQL, with quotes where it needs them.
std::string name_text(const sql::relation_name& name);

// For judge(): `target` is the table that is changed, `walked` the one whose rows divide the work.
boost::asio::awaitable<result<statement_facts>> read_facts(pg::connection& c, const job_plan& p,
                                                           target_facts target, target_facts walked,
                                                           pg::time_point deadline);

// The columns of the source of a MERGE.
boost::asio::awaitable<result<std::vector<shown_column>>> read_source(pg::connection& c,
                                                                      const job_plan& p,
                                                                      pg::time_point deadline);

// Notes where several rows of a joined table may belong to one of the target.
boost::asio::awaitable<result<void>> note_joins(pg::connection& c, job_plan& p,
                                                std::vector<source_facts> sources,
                                                pg::time_point deadline);

// Notes what differs from batch to batch: now(), the transaction's number, the order of sequences.
void note_own_values(job_plan& p);

}  // namespace pawl::plan
