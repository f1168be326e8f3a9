// UPDATE and DELETE: which rows, and whether one row's change can depend on another's.
#include <fmt/format.h>

#include <algorithm>

#include "sql/change_readers.hpp"
#include "sql/pending.hpp"
#include "sql/statement_parts.hpp"

namespace pawl::sql {
namespace {

// `(a, b) = (SELECT ...)`, which each of its columns names again.
void add_row_assignment(const statement& st, const node& target, const node& part, change& to) {
  const std::string column = text_member(target, "name");
  const node* link = as(part.at("source"), "SubLink");
  if (link == nullptr) return;
  const slice query = find_assigned(st, st.text.begin + location_of(target));
  if (to.row_assignments.empty() || to.row_assignments.back().query != query) {
    to.row_assignments.push_back({{}, query});
  }
  to.row_assignments.back().columns.push_back(column);
}

void add_assignment(const statement& st, const node& target, change& to) {
  const std::string column = text_member(target, "name");
  const node* part = as(target.at("val"), "MultiAssignRef");
  const node* value = assigned_value(target);
  if (value == nullptr) {
    if (part != nullptr) add_row_assignment(st, target, *part, to);
    return;
  }
  if (value->contains("SetToDefault")) {
    to.defaults.push_back(column);
    return;
  }
  const slice assigned = find_assigned(st, st.text.begin + location_of(target));
  if (part == nullptr) {
    to.assignments.push_back({column, assigned});
    return;
  }
  const auto listed = find_listed(st, assigned);
  if (listed.size() != part->value("ncolumns", std::size_t{0})) return;
  to.assignments.push_back({column, listed[part->value("colno", std::size_t{1}) - 1]});
}

void add_assignments(const statement& st, const node& body, change& to) {
  const node* list = member(body, "targetList");
  if (list == nullptr) return;
  for (const node& item : *list) {
    const node* target = as(item, "ResTarget");
    if (target == nullptr) continue;
    to.set_columns.push_back(text_member(*target, "name"));
    if (!target->contains("indirection")) add_assignment(st, *target, to);
  }
}

// Qualifiers such as `public.` in `public.t.c`, which an alias makes invalid. In a statement that
// reads its table again they may mean the other occurrence, and are left alone.
void add_schema_qualifiers(const statement& st, const node& body, bool reads_itself, change& to) {
  if (!to.alias.empty() || reads_itself) return;
  any_object(body, [&](const node& object) {
    const node* reference = as(object, "ColumnRef");
    if (reference == nullptr) return false;
    const std::vector<std::string> fields = names_in(member(*reference, "fields"));
    if (fields.size() < 3) return false;
    const relation_name named{fields[fields.size() - 3], fields[fields.size() - 2]};
    if (may_be_same(named, to.target)) {
      to.schema_qualifiers.push_back(
          find_qualifier(st, st.text.begin + location_of(*reference), fields.size() - 2));
    }
    return false;
  });
  const auto before = [](const slice& a, const slice& b) { return a.begin < b.begin; };
  std::sort(to.schema_qualifiers.begin(), to.schema_qualifiers.end(), before);
}

// Why its keys and values have to be computed as a whole, before the first change; empty if each
// row can be looked at by itself.
std::string why_snapshot(const query_facts& facts, const change& read) {
  if (reads_table(facts, read.target)) {
    return fmt::format(
        "it reads {} again, which it changes: its keys and values are computed once, before the "
        "first change",
        read.target.table);
  }
  if (facts.combines) {
    return "its source is put together by a set operation, under whose plans a row that another "
           "session has just changed can be left out: its keys and values are computed once";
  }
  if (facts.groups) {
    return "its source groups, ranks or limits rows: its keys and values are computed once, not "
           "again for each batch";
  }
  return {};
}

std::string why_by_row(const query_facts& facts) {
  if (facts.reads.empty()) return "each row is changed by its own columns alone";
  return fmt::format(
      "each row is changed by its own columns and by look-ups in {}, which it leaves "
      "as it is",
      list_of(facts.reads));
}

snapshot_pieces pieces_of(const reading& r, const change& read, std::size_t verb,
                          const relation_part& relation) {
  snapshot_pieces found;
  found.with = {r.st.text.begin, verb};
  const std::size_t set =
      read.kind == change_kind::update ? find_set(r.st, relation.end) : relation.end;
  found.relation = {relation.begin, relation.end};
  found.sources = find_sources(r.st, set);
  return found;
}

// A join that says nothing of how the two belong together is a slip more often than a wish.
void remark_on_sources(const node& body, change& read) {
  const bool update = read.kind == change_kind::update;
  const node* from = member(body, update ? "fromClause" : "usingClause");
  if (from == nullptr) return;
  const std::string& own = read.own_name();
  const auto names_target = [&](const std::vector<std::string>& fields) {
    return fields.size() < 2 || fields[fields.size() - 2] == own;
  };
  for (const equality& e : equalities_in(member(body, "whereClause"))) {
    if (names_target(e.left) || names_target(e.right)) return;
  }
  read.remarks.push_back(
      fmt::format("no condition of WHERE says which rows of {} belong to a row of {}: each may "
                  "match all of them",
                  update ? "FROM" : "USING", read.target.table));
}

// The plain tables of an UPDATE's FROM.
void add_joins(const node& body, change& read) {
  const node* from = member(body, "fromClause");
  if (from == nullptr) return;
  const auto equalities = equalities_in(member(body, "whereClause"));
  for (const node& item : *from) {
    const node* table = as(item, "RangeVar");
    if (table == nullptr) continue;
    const table_use use = use_of(*table);
    const std::string& own = use.own_name();
    joined_table joined{use.name, {}};
    for (const equality& e : equalities) {
      for (const auto& side : {e.left, e.right}) {
        if (side.size() == 2 && side.front() == own) joined.columns.push_back(side.back());
      }
    }
    read.joins.push_back(std::move(joined));
  }
}

std::optional<error> refused_place(const reading& r, const change& read) {
  if (r.batch != nullptr && r.batch->table && !may_be_same(*r.batch->table, read.target)) {
    return r.in.fault(errc::bad_directive, r.batch->begin,
                      fmt::format("table= names `{}`, but the statement changes `{}`",
                                  r.batch->table->table, read.target.table),
                      "Delete table=; the statement says it.");
  }
  const auto in_where = [&](const slice& m) {
    return !read.where.empty() && m.begin >= read.where.begin;
  };
  if (!read.markers.empty() && std::none_of(read.markers.begin(), read.markers.end(), in_where)) {
    return r.in.fault(errc::bad_directive, read.markers.front().begin,
                      "the marker restricts a subquery, but not the rows that are changed",
                      "Write `AND /* pawl:range */ true` in the statement's own WHERE.");
  }
  return std::nullopt;
}

void divide(const reading& r, const query_facts& facts, change& read) {
  if (!read.markers.empty()) {
    read.by = division::target;
    read.reason = "you marked where the range goes";
    return;
  }
  const std::string why = why_snapshot(facts, read);
  read.by = why.empty() ? division::target : division::snapshot;
  read.reason = why.empty() ? why_by_row(facts) : why;
  std::size_t known = read.assignments.size() + read.defaults.size();
  for (const row_assignment& one : read.row_assignments) known += one.columns.size();
  const bool complete = known == read.set_columns.size();
  if (!complete) read.pieces.reset();
  if (!why.empty() && !complete) {
    read.by = division::none;
    read.undivided = marker_needed(
        r,
        fmt::format("{} whose values must be computed as a whole, but are set in parts of columns,",
                    read.kind == change_kind::update ? "an UPDATE" : "a DELETE"));
  }
}

}  // namespace

result<change> read_row_change(const reading& r, const node& body, change read) {
  const bool update = read.kind == change_kind::update;
  const query_facts facts = read_query_facts(body);
  const std::size_t verb = find_verb(r.st);
  const relation_part part = find_relation(r.st, verb);
  const node& relation = *member(body, "relation");
  const table_use target = use_of(relation);
  read.target = target.name;
  read.written = target.name;
  read.only = target.only;
  read.alias = target.alias;
  read.target_text = part.name;
  read.alias_insert = part.end;
  read.where = find_where(r.st, verb, read.markers);
  read.where_insert = where_place(r.st, verb);
  add_assignments(r.st, body, read);
  add_schema_qualifiers(r.st, body, reads_table(facts, read.target), read);
  if (auto refused = refused_place(r, read)) return std::move(*refused);
  read.pieces = pieces_of(r, read, verb, part);
  keep_facts(facts, read);
  if (read.pieces->sources.empty()) read.constants = constants_in(member(body, "whereClause"));
  divide(r, facts, read);
  const bool alone = !body.contains("fromClause") && !body.contains("withClause");
  if (update && alone && read.by == division::target)
    read.pending = prove_pending(r.st, body, read);
  remark_on_sources(body, read);
  if (update) add_joins(body, read);
  return read;
}

}  // namespace pawl::sql
