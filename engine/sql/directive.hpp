// The grammar of one directive line: `-- pawl:name label key=value key='quoted ''text''' -- why`.
//
// Pure. What a directive means is read in options.hpp. Errors: bad_directive with the place.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sql/job.hpp"
#include "sql/source.hpp"
#include "sql/split.hpp"

namespace pawl::sql {

// A word of a directive. Without `=` it is a label or flag: `key` holds it and `value` is absent.
struct directive_word {
  std::string key;
  std::optional<std::string> value;
  std::size_t begin = 0;
  bool operator==(const directive_word&) const = default;
};

struct directive {
  std::string name;
  std::vector<directive_word> words;  // not for `pending` and `ignore`, whose text is free
  slice rest;                         // all of the line behind the name
  std::size_t begin = 0;
  bool operator==(const directive&) const = default;
};

// nullopt for a comment that does not speak to pawl. Anything like `-- pawl` must be a directive: a
// slip must never turn a batched job into one huge statement.
result<std::optional<directive>> read_directive(const source& in, const comment& c);

// `-- word:name`, `/* word:name */`: true if `word` is nearly but not quite pawl and `name` one of
// its words.
bool is_misspelt_pawl(std::string_view word, std::string_view name);

// The first word of a comment's body, and the one behind its colon; empty if there is none.
struct comment_head {
  std::string_view word;
  std::string_view name;
};
comment_head head_of(std::string_view body);

}  // namespace pawl::sql
