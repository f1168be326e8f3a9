// The proof that an UPDATE makes its own WHERE false (design.md, Words: pending predicate).
//
// Pure, and careful: a wrong proof changes rows twice, a missing one only leaves out the sweep. An
// expression of any form that is not known here has no proof.
#pragma once

#include <optional>

#include "sql/job.hpp"
#include "sql/parse_tree.hpp"
#include "sql/split.hpp"

namespace pawl::sql {

// `body` is the UpdateStmt of `st`; `update` has target, assignments and WHERE filled in.
std::optional<pending_proof> prove_pending(const statement& st, const node& body,
                                           const change& update);

// True if SET gives a constant under which WHERE is false: `status = 'new'` and SET status =
// 'done', `NOT done` and SET done = true. Enough for rounds that only have to end, not for a sweep,
// which such rows may need again and again.
bool ends_by_constant(const node& update);

}  // namespace pawl::sql
