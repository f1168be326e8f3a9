// Whose rows divide the work, and by which key. Internal to the room.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "plan/catalog.hpp"
#include "plan/job_plan.hpp"

namespace pawl::plan {

error refusal(errc code, std::string message, std::string hint);

// row_security: rows of `table` would be hidden from `role`.
error hidden_rows(const std::string& table, const std::string& role);
// `role` lacks a privilege; `verb` is SELECT, UPDATE, DELETE or INSERT.
error forbidden(std::string_view verb, const std::string& table, const std::string& role);

// The settings that the job runs under: the session's, with the job's own over them.
settings job_settings(const job_plan& p);

// The first index that can serve as key: that of `key=`, or else the best. Errors: no_key,
// key_unusable with the reason of each.
result<index_facts> choose_key(const std::vector<index_facts>& indexes,
                               const std::vector<std::string>& wanted, std::string_view table);

// The columns of an index, each with `qualifier` (which ends in a dot, or is empty) in front.
key key_of(const index_facts& index, std::string_view qualifier);

// Fills p.by and p.leaves with what hangs below `walked`. Errors: no_key, key_unusable,
// target_unusable.
boost::asio::awaitable<result<void>> resolve_leaves(pg::connection& c, job_plan& p,
                                                    object_id walked, pg::time_point deadline);

}  // namespace pawl::plan
