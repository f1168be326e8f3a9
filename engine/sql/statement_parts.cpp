#include "sql/statement_parts.hpp"

#include <algorithm>
#include <initializer_list>

namespace pawl::sql {
namespace {

bool is_one_of(token_kind kind, std::initializer_list<token_kind> wanted) {
  return std::find(wanted.begin(), wanted.end(), kind) != wanted.end();
}

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
  bool follows(token_kind kind) const { return at_ > 0 && tokens_[at_ - 1].kind == kind; }

  void step() { ++at_; }

  bool step_over(token_kind kind) {
    if (!is(kind)) return false;
    ++at_;
    return true;
  }

  std::size_t end_of_last() const { return tokens_[at_ - 1].at.end; }

  // Goes on to the first token outside of further parentheses for which `wanted()` holds; false if
  // the surrounding parentheses, or the statement, end before.
  template <class Predicate>
  bool seek(const Predicate& wanted) {
    for (int depth = 0; !done(); ++at_) {
      if (depth == 0 && wanted()) return true;
      if (is(token_kind::open) || is(token_kind::open_bracket)) ++depth;
      if (is(token_kind::close) || is(token_kind::close_bracket)) --depth;
      if (depth < 0) return false;
    }
    return false;
  }

  bool seek_one_of(std::initializer_list<token_kind> kinds) {
    return seek([&] { return is_one_of(now().kind, kinds); });
  }

  // FROM that begins a clause: not `IS DISTINCT FROM`.
  bool is_from() const { return is(token_kind::from_word) && !follows(token_kind::distinct_word); }

 private:
  const std::vector<token>& tokens_;
  std::size_t at_ = 0;
};

// A name's part is one token, but for U&"..." with its UESCAPE '!'.
void step_over_name(token_walk& walk) {
  walk.step();
  if (walk.step_over(token_kind::uescape_word)) walk.step();
}

relation_part read_relation(token_walk walk) {
  relation_part found;
  found.begin = walk.now().at.begin;
  walk.step_over(token_kind::only_word);
  const bool parenthesised = walk.step_over(token_kind::open);
  found.name.begin = walk.now().at.begin;
  step_over_name(walk);
  while (walk.step_over(token_kind::dot)) step_over_name(walk);
  found.name.end = walk.end_of_last();
  walk.step_over(token_kind::star);
  if (parenthesised) walk.step_over(token_kind::close);
  found.end = walk.end_of_last();
  return found;
}

}  // namespace

std::size_t find_verb(const statement& st) {
  token_walk walk(st, st.text.begin);
  const bool has_with = walk.step_over(token_kind::with_word);
  walk.seek([&] {
    // Not a CTE that is named so.
    const bool is_name =
        has_with && (walk.follows(token_kind::with_word) ||
                     walk.follows(token_kind::recursive_word) || walk.follows(token_kind::comma));
    return !is_name && is_one_of(walk.now().kind, {token_kind::update_word, token_kind::delete_word,
                                                   token_kind::insert_word, token_kind::merge_word,
                                                   token_kind::select_word});
  });
  return walk.done() ? st.text.end : walk.now().at.begin;
}

relation_part find_relation(const statement& st, std::size_t verb) {
  token_walk walk(st, verb);
  walk.step();
  if (!walk.step_over(token_kind::from_word)) walk.step_over(token_kind::into_word);
  return read_relation(walk);
}

relation_part relation_at(const statement& st, std::size_t name) {
  return read_relation(token_walk(st, name));
}

slice find_where(const statement& st, std::size_t after, const std::vector<slice>& markers) {
  token_walk walk(st, after);
  if (!walk.seek_one_of({token_kind::where_word})) return {};
  const std::size_t behind = walk.now().at.end;
  walk.step();
  slice where{walk.now().at.begin, where_place(st, behind)};
  for (const slice& marker : markers) {
    if (marker.begin >= behind) where.begin = std::min(where.begin, marker.begin);
  }
  return where;
}

slice find_sources(const statement& st, std::size_t after) {
  token_walk walk(st, after);
  const bool found = walk.seek([&] {
    return walk.is_from() ||
           is_one_of(walk.now().kind,
                     {token_kind::using_word, token_kind::where_word, token_kind::returning_word});
  });
  if (!found || !(walk.is_from() || walk.is(token_kind::using_word))) return {};
  walk.step();
  slice sources;
  sources.begin = walk.now().at.begin;
  walk.seek_one_of({token_kind::where_word, token_kind::returning_word});
  sources.end = walk.end_of_last();
  return sources;
}

std::size_t where_place(const statement& st, std::size_t after) {
  token_walk walk(st, after);
  walk.seek_one_of({token_kind::returning_word});
  return walk.end_of_last();
}

inserted_query find_query(const statement& st, std::size_t after_relation, bool listed,
                          bool has_conflict_clause) {
  token_walk walk(st, after_relation);
  if (walk.step_over(token_kind::as_word)) step_over_name(walk);
  if (listed) {
    walk.step();
    walk.seek_one_of({token_kind::close});
    walk.step();
  }
  if (walk.step_over(token_kind::overriding_word)) {
    walk.step();
    walk.step();
  }
  inserted_query found;
  found.query.begin = walk.now().at.begin;
  bool ended = false;
  if (has_conflict_clause) {
    // The clause is the last one that begins so: a join may compare a column named "conflict".
    for (token_walk last = walk; last.seek([&] { return last.is(token_kind::on_word); });
         last.step()) {
      token_walk next = last;
      next.step();
      if (!next.is(token_kind::conflict_word)) continue;
      found.query.end = last.end_of_last();
      found.tail.begin = last.now().at.begin;
      ended = true;
    }
  }
  walk.seek_one_of({token_kind::returning_word});
  const std::size_t end = walk.end_of_last();
  if (!ended) {
    found.query.end = end;
    found.tail.begin = end;
  }
  found.tail.end = end;
  return found;
}

slice find_merged(const statement& st, std::size_t after_relation) {
  token_walk walk(st, after_relation);
  walk.seek_one_of({token_kind::using_word});
  walk.step();
  slice found;
  found.begin = walk.now().at.begin;
  walk.seek_one_of({token_kind::on_word});
  found.end = walk.end_of_last();
  return found;
}

std::size_t find_set(const statement& st, std::size_t after) {
  token_walk walk(st, after);
  walk.seek_one_of({token_kind::set_word});
  return walk.done() ? st.text.end : walk.now().at.begin;
}

slice find_assigned(const statement& st, std::size_t column) {
  token_walk walk(st, column);
  // `(a, b) = ...`: out of the parentheses first.
  if (!walk.seek_one_of({token_kind::equals})) {
    walk.step();
    walk.seek_one_of({token_kind::equals});
  }
  walk.step();
  slice found;
  found.begin = walk.now().at.begin;
  walk.seek([&] {
    return walk.is_from() || is_one_of(walk.now().kind, {token_kind::comma, token_kind::where_word,
                                                         token_kind::returning_word});
  });
  found.end = walk.end_of_last();
  return found;
}

std::vector<slice> find_listed(const statement& st, slice list) {
  std::vector<slice> found;
  token_walk walk(st, list.begin);
  walk.seek_one_of({token_kind::open});
  for (bool more = true; more;) {
    walk.step();
    slice item;
    item.begin = walk.now().at.begin;
    more = walk.seek_one_of({token_kind::comma});
    item.end = walk.end_of_last();
    found.push_back(item);
  }
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
