#include "sql/split.hpp"

#include <utility>

namespace pawl::sql {

layout split(const std::vector<token>& tokens) {
  layout divided;
  statement open;
  const auto close = [&] {
    if (open.tokens.empty()) return;
    open.text = {open.tokens.front().at.begin, open.tokens.back().at.end};
    divided.statements.push_back(std::exchange(open, {}));
  };
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i].is_comment()) {
      divided.comments.push_back({tokens[i], divided.statements.size(), !open.tokens.empty(),
                                  i + 1 < tokens.size() ? tokens[i + 1] : token{}});
    } else if (tokens[i].kind == token_kind::semicolon) {
      close();
    } else {
      open.tokens.push_back(tokens[i]);
    }
  }
  // A comment behind the last token of an unterminated statement comes after it.
  const std::size_t last_token = open.tokens.empty() ? 0 : open.tokens.back().at.begin;
  const bool unterminated = !open.tokens.empty();
  close();
  for (comment& c : divided.comments) {
    if (unterminated && c.inside && c.at.at.begin > last_token) {
      c.inside = false;
      c.of = divided.statements.size();
    }
  }
  return divided;
}

}  // namespace pawl::sql
