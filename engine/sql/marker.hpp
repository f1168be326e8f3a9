// The marker `/* pawl:range */ true`: where a batch's condition goes in a statement that only its
// author can divide.
//
// Pure. A marker must restrict the rows of its statement, so it has to be a term of its own in the
// top-level AND of a WHERE (or of an inner join's ON). Errors: bad_directive with the place.
#pragma once

#include <optional>
#include <vector>

#include "sql/job.hpp"
#include "sql/parse_tree.hpp"
#include "sql/source.hpp"
#include "sql/split.hpp"

namespace pawl::sql {

// The marker at a block comment, nullopt for any other comment.
result<std::optional<slice>> read_marker(const source& in, const comment& c);

// nullopt if every marker of the statement is at such a place. `tree` is nullptr for a statement
// that the parser does not know; then the tokens around the marker have to tell.
std::optional<error> misplaced_marker(const source& in, const statement& st, const node* tree,
                                      const std::vector<slice>& markers);

}  // namespace pawl::sql
