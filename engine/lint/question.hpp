// What the rules would like to know from a database beyond its catalog. Pure: whoever has a
// connection answers, and the check is done again with the answers.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lint/schema.hpp"

namespace pawl::lint {

enum class question_kind {
  truth,   // `text` is a query of one boolean: "t" or "f"
  shadow,  // `text` is what follows ALTER TABLE x, tried on an empty copy of `table`
};

struct question {
  question_kind kind = question_kind::truth;
  std::string table;  // as SQL
  std::string text;

  auto operator<=>(const question&) const = default;
};

// Answers of a shadow: what the change does to the table's storage.
namespace shadow_answer {
constexpr const char* nothing = "nothing";
constexpr const char* rewrite = "rewrite";
constexpr const char* indexes = "indexes";  // some index is built anew
}  // namespace shadow_answer

struct question_list {
  std::map<question, std::string> answers;
  std::vector<question> open;

  std::optional<std::string> ask(question q, const schema& known) {
    if (!known.from_database) return std::nullopt;
    if (const auto found = answers.find(q); found != answers.end()) return found->second;
    open.push_back(std::move(q));
    return std::nullopt;
  }
};

}  // namespace pawl::lint
