// INSERT ... SELECT: by the key of the table that drives it, or by rows computed once.
#include <fmt/format.h>

#include <algorithm>

#include "sql/change_readers.hpp"
#include "sql/statement_parts.hpp"

namespace pawl::sql {
namespace {

std::vector<std::string> listed_columns(const node& body) {
  std::vector<std::string> names;
  const node* columns = member(body, "cols");
  if (columns == nullptr) return names;
  for (const node& item : *columns) {
    const node* target = as(item, "ResTarget");
    if (target == nullptr || target->contains("indirection")) return {};
    names.push_back(text_member(*target, "name"));
  }
  return names;
}

// ON CONFLICT DO UPDATE fails when two of its own rows meet in one key; batches would let the
// second of them change the first. The columns whose values must then be different from row to row;
// nullopt if the clause names them in another way than by plain columns of the list.
std::optional<std::vector<std::string>> conflict_columns(const node& clause,
                                                         const std::vector<std::string>& listed) {
  const node* infer = member(clause, "infer");
  const node* elements = infer == nullptr ? nullptr : member(*infer, "indexElems");
  if (elements == nullptr || infer->contains("whereClause")) return std::nullopt;
  std::vector<std::string> names;
  for (const node& item : *elements) {
    const node* element = as(item, "IndexElem");
    const std::string name = element == nullptr ? "" : text_member(*element, "name");
    if (std::find(listed.begin(), listed.end(), name) == listed.end()) return std::nullopt;
    names.push_back(name);
  }
  return names;
}

// DO UPDATE that asks subqueries, or moves the row to another key, sees what other batches did.
bool changes_more_than_its_row(const node& clause, const std::vector<std::string>& keys) {
  const node* list = member(clause, "targetList");
  const bool moves =
      list != nullptr && any_object(*list, [&](const node& object) {
        const node* target = as(object, "ResTarget");
        return target != nullptr &&
               std::find(keys.begin(), keys.end(), text_member(*target, "name")) != keys.end();
      });
  return moves || any_object(clause, [](const node& n) { return n.contains("SubLink"); });
}

bool begins_with_table(const statement& st, slice query) {
  return std::any_of(st.tokens.begin(), st.tokens.end(), [&](const token& t) {
    return t.at.begin == query.begin && t.kind == token_kind::table_word;
  });
}

bool updates_on_conflict(const node& body) {
  const node* clause = member(body, "onConflictClause");
  return clause != nullptr && text_member(*clause, "action") == "ONCONFLICT_UPDATE";
}

// Why the rows have to be computed as a whole; empty if each row of the driving table makes its
// own.
std::string why_snapshot(const reading& r, const node& body, const node& select,
                         const query_facts& facts, const change& read) {
  if (reads_table(facts, read.written)) {
    return fmt::format(
        "it reads {}, into which it inserts: its rows are computed once, before the "
        "first is inserted",
        read.written.table);
  }
  if (updates_on_conflict(body)) {
    return "ON CONFLICT DO UPDATE must find each key once among all of its rows: they are computed "
           "once";
  }
  if (facts.combines || facts.groups || !is_row_by_row(select)) {
    return "its query groups, ranks, combines, orders or limits rows: they are computed once";
  }
  // `TABLE t` has no place for a condition, and neither has what stands in parentheses.
  const bool parenthesised =
      r.in.text[read.pieces->query.begin] == '(' || begins_with_table(r.st, read.pieces->query);
  const auto driver = driving_table(select);
  const bool is_cte = driver && driver->name.schema.empty() && names_cte(body, driver->name.table);
  if (parenthesised || !driver || is_cte) {
    return "its query does not begin with a table whose rows could divide it: its rows are "
           "computed "
           "once";
  }
  return {};
}

void divide_by_source(const reading& r, const node& select, change& read) {
  const table_use driver = *driving_table(select);
  drive(r, driver, read);
  read.reason = fmt::format("each row of {} makes rows of its own in {}", driver.name.table,
                            read.written.table);
  const slice query = read.pieces->query;
  read.where = find_where(r.st, query.begin, read.markers);
  if (!read.where.empty()) read.where.end = std::min(read.where.end, query.end);
  read.where_insert = query.end;
}

}  // namespace

result<change> read_insert(const reading& r, const node& body, change read) {
  const node* query = member(body, "selectStmt");
  const node* select = query == nullptr ? nullptr : as(*query, "SelectStmt");
  if (select == nullptr) {
    return r.in.fault(errc::not_a_job, r.st.text.begin, "an INSERT of default values has one row",
                      "Run it with psql, or move it to a migration.");
  }
  const std::size_t verb = find_verb(r.st);
  const relation_part into = find_relation(r.st, verb);
  read.written = relation_of(*member(body, "relation"));
  const auto found =
      find_query(r.st, into.end, body.contains("cols"), body.contains("onConflictClause"));
  snapshot_pieces pieces;
  pieces.with = {r.st.text.begin, verb};
  pieces.head = {verb, found.query.begin};
  pieces.query = found.query;
  pieces.tail = found.tail;
  pieces.columns = listed_columns(body);
  const bool partly = body.contains("cols") && pieces.columns.empty();
  if (partly || updates_on_conflict(body)) {
    const auto distinct =
        partly ? std::nullopt : conflict_columns(*member(body, "onConflictClause"), pieces.columns);
    if (!distinct || changes_more_than_its_row(*member(body, "onConflictClause"), *distinct)) {
      read.by = division::none;
      read.target = read.written;
      read.undivided = marker_needed(
          r,
          "an INSERT into parts of columns, or whose ON CONFLICT DO UPDATE reads other rows or "
          "does not name plain columns of its list,");
      return read;
    }
    pieces.distinct = *distinct;
  }
  read.pieces = std::move(pieces);
  const query_facts facts = read_query_facts(body);
  const query_facts own = read_query_facts(*select, "");
  keep_facts(facts, read);
  if (const node* clause = member(body, "onConflictClause")) {
    read.late_calls = read_query_facts(*clause, "").functions;
  }
  read.own_calls = own.own_functions;
  const std::string why = why_snapshot(r, body, *select, facts, read);
  if (why.empty()) {
    divide_by_source(r, *select, read);
  } else {
    read.by = division::snapshot;
    read.reason = why;
    read.target = read.written;
  }
  return read;
}

}  // namespace pawl::sql
