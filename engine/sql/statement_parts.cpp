#include "sql/statement_parts.hpp"

#include <algorithm>

namespace pawl::sql {
namespace {

// Walks tokens and keeps the depth of parentheses and brackets.
class token_walk {
 public:
  token_walk(const statement& st, std::size_t begin) : tokens_(st.tokens) {
    const auto first =
        std::lower_bound(tokens_.begin(), tokens_.end(), begin,
                         [](const token& t, std::size_t offset) { return t.at.begin < offset; });
    at_ = static_cast<std::size_t>(first - tokens_.begin());
  }

  bool done() const { return at_ >= tokens_.size(); }
  const token& now() const { return tokens_[at_]; }
  bool is(token_kind kind) const { return !done() && now().kind == kind; }

  void step() { ++at_; }

  bool step_over(token_kind kind) {
    if (!is(kind)) return false;
    ++at_;
    return true;
  }

  std::size_t end_of_last() const { return tokens_[at_ - 1].at.end; }

  // Goes on to the first token outside of parentheses for which `wanted` holds.
  template <class Predicate>
  void seek(const Predicate& wanted) {
    for (int depth = 0; !done(); ++at_) {
      if (depth == 0 && wanted(now().kind)) return;
      if (is(token_kind::open) || is(token_kind::open_bracket)) ++depth;
      if (is(token_kind::close) || is(token_kind::close_bracket)) --depth;
    }
  }

 private:
  const std::vector<token>& tokens_;
  std::size_t at_ = 0;
};

// A name's part is one token, but for U&"..." with its UESCAPE '!'.
void step_over_name(token_walk& walk) {
  walk.step();
  if (walk.step_over(token_kind::uescape_word)) walk.step();
}

}  // namespace

relation_part find_relation(const statement& st) {
  token_walk walk(st, st.text.begin);
  walk.step();
  walk.step_over(token_kind::from_word);
  walk.step_over(token_kind::only_word);
  const bool parenthesised = walk.step_over(token_kind::open);

  relation_part found;
  found.name.begin = walk.now().at.begin;
  step_over_name(walk);
  while (walk.step_over(token_kind::dot)) step_over_name(walk);
  found.name.end = walk.end_of_last();
  walk.step_over(token_kind::star);
  if (parenthesised) walk.step_over(token_kind::close);
  found.end = walk.end_of_last();
  return found;
}

slice find_where(const statement& st, const std::vector<slice>& markers) {
  token_walk walk(st, st.text.begin);
  walk.seek([](token_kind kind) { return kind == token_kind::where_word; });
  if (walk.done()) return {};
  const std::size_t behind = walk.now().at.end;
  walk.step();
  slice where{walk.now().at.begin, st.text.end};
  for (const slice& marker : markers) {
    if (marker.begin >= behind) where.begin = std::min(where.begin, marker.begin);
  }
  return where;
}

slice find_assigned(const statement& st, std::size_t column) {
  token_walk walk(st, column);
  walk.seek([](token_kind kind) { return kind == token_kind::equals; });
  walk.step();
  slice found;
  found.begin = walk.now().at.begin;
  walk.seek(
      [](token_kind kind) { return kind == token_kind::comma || kind == token_kind::where_word; });
  found.end = walk.end_of_last();
  return found;
}

slice find_qualifier(const statement& st, std::size_t begin, std::size_t parts) {
  token_walk walk(st, begin);
  for (std::size_t part = 0; part < parts; ++part) {
    step_over_name(walk);
    walk.step_over(token_kind::dot);
  }
  return {begin, walk.end_of_last()};
}

slice find_reference(const statement& st, std::size_t begin, std::size_t parts) {
  token_walk walk(st, begin);
  step_over_name(walk);
  for (std::size_t part = 1; part < parts; ++part) {
    walk.step_over(token_kind::dot);
    step_over_name(walk);
  }
  return {begin, walk.end_of_last()};
}

}  // namespace pawl::sql
