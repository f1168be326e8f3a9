// MERGE: by the key of its source, or by the numbered rows of it, where no two rows of the source
// can meet in one row of the target.
#include <fmt/format.h>

#include <algorithm>

#include "sql/change_readers.hpp"
#include "sql/statement_parts.hpp"

namespace pawl::sql {
namespace {

// The column of the relation known as `own` that a reference names, empty if it names none of it.
std::string column_of(const std::string& own, const std::vector<std::string>& fields) {
  return fields.size() == 2 && fields.front() == own ? fields.back() : std::string{};
}

// The one name of the source: its alias, or the table's; empty for a join without one.
std::string source_name(const node& source) {
  if (const node* table = as(source, "RangeVar")) return use_of(*table).own_name();
  const node* alias = member(source.front(), "alias");
  return alias == nullptr ? std::string{} : text_member(*alias, "aliasname");
}

// `ON t.a = s.b`: pairs of a target's and a source's column.
struct pair {
  std::string target;
  std::string source;
};

std::vector<pair> joined_columns(const node& body, const std::string& target,
                                 const std::string& source) {
  std::vector<pair> pairs;
  for (const equality& e : equalities_in(member(body, "joinCondition"))) {
    for (const auto& [a, b] : {std::pair{e.left, e.right}, std::pair{e.right, e.left}}) {
      pair found{column_of(target, a), column_of(source, b)};
      if (!found.target.empty() && !found.source.empty()) pairs.push_back(std::move(found));
    }
  }
  return pairs;
}

// A row that WHEN NOT MATCHED inserts must hold the values that it was joined by, or a later batch
// might match it with another row of the source.
bool inserts_joined_values(const node& clause, const std::vector<pair>& pairs,
                           const std::string& source) {
  const node* columns = member(clause, "targetList");
  const node* values = member(clause, "values");
  if (columns == nullptr || values == nullptr || columns->size() != values->size()) return false;
  return std::all_of(pairs.begin(), pairs.end(), [&](const pair& joined) {
    for (std::size_t i = 0; i < columns->size(); ++i) {
      const node* target = as(columns->at(i), "ResTarget");
      const node* value = as(values->at(i), "ColumnRef");
      if (target != nullptr && value != nullptr && text_member(*target, "name") == joined.target) {
        return column_of(source, names_in(member(*value, "fields"))) == joined.source;
      }
    }
    return false;
  });
}

bool inserts_safely(const node& body, const std::vector<pair>& pairs, const std::string& source) {
  const node* clauses = member(body, "mergeWhenClauses");
  return clauses != nullptr && std::all_of(clauses->begin(), clauses->end(), [&](const node& item) {
           const node* clause = as(item, "MergeWhenClause");
           const bool inserts =
               clause != nullptr && text_member(*clause, "commandType") == "CMD_INSERT";
           // An identity column then gets a value of its own.
           const bool overrides =
               clause != nullptr && text_member(*clause, "override") == "OVERRIDING_USER_VALUE";
           return clause != nullptr && !overrides &&
                  (!inserts || inserts_joined_values(*clause, pairs, source));
         });
}

// A row whose joined column changes may be met again by another batch.
bool moves_joined_rows(const node& body, const std::vector<pair>& pairs) {
  return any_object(*member(body, "mergeWhenClauses"), [&](const node& object) {
    const node* clause = as(object, "MergeWhenClause");
    const node* list = clause == nullptr ? nullptr : member(*clause, "targetList");
    if (list == nullptr || text_member(*clause, "commandType") != "CMD_UPDATE") return false;
    return any_object(*list, [&](const node& item) {
      const node* target = as(item, "ResTarget");
      return target != nullptr && std::any_of(pairs.begin(), pairs.end(), [&](const pair& joined) {
               return joined.target == text_member(*target, "name");
             });
    });
  });
}

// The columns that WHEN MATCHED sets.
std::vector<std::string> updated_columns(const node& body) {
  std::vector<std::string> names;
  any_object(*member(body, "mergeWhenClauses"), [&](const node& object) {
    const node* clause = as(object, "MergeWhenClause");
    const node* list = clause == nullptr ? nullptr : member(*clause, "targetList");
    if (list == nullptr || text_member(*clause, "commandType") != "CMD_UPDATE") return false;
    for (const node& item : *list) {
      const node* target = as(item, "ResTarget");
      if (target != nullptr) names.push_back(text_member(*target, "name"));
    }
    return false;
  });
  return names;
}

// What the statement reads besides target and source.
query_facts facts_beside(const node& body) {
  node rest = body;
  for (const char* part : {"relation", "sourceRelation", "withClause"}) rest.erase(part);
  return read_query_facts(rest, "");
}

// A table under its own columns' names, which may divide the work itself.
bool can_drive(const node& body, const node& source, const table_use& target) {
  const node* table = as(source, "RangeVar");
  if (table == nullptr || body.contains("withClause")) return false;
  const node* alias = member(*table, "alias");
  const bool renamed = alias != nullptr && alias->contains("colnames");
  const table_use use = use_of(*table);
  return !renamed && !use.only && !may_be_same(use.name, target.name);
}

snapshot_pieces pieces_of(const reading& r, const std::vector<pair>& pairs) {
  snapshot_pieces found;
  const std::size_t verb = find_verb(r.st);
  found.with = {r.st.text.begin, verb};
  found.query = find_merged(r.st, find_relation(r.st, verb).end);
  found.head = {verb, found.query.begin};
  found.tail = {found.query.end, r.st.text.end};
  for (const pair& joined : pairs) found.distinct.push_back(joined.source);
  return found;
}

void divide(const reading& r, const node& body, const table_use& target, change& read) {
  const node& source = *member(body, "sourceRelation");
  if (!can_drive(body, source, target)) {
    read.by = division::snapshot;
    read.reason =
        "the rows of its source are computed once, before the first change, and no two of them may "
        "be joined by the same values";
    return;
  }
  const table_use driver = use_of(*as(source, "RangeVar"));
  const relation_part part = drive(r, driver, read);
  read.target_text = {part.begin, part.end};
  read.reason = fmt::format("each row of {} meets rows of its own in {}", driver.name.table,
                            target.name.table);
  read.is_wrapped = true;
  read.unique_by = read.pieces->distinct;
}

}  // namespace

result<change> read_merge(const reading& r, const node& body, change read) {
  const table_use target = use_of(*member(body, "relation"));
  read.written = target.name;
  read.target = target.name;
  read.by = division::none;
  read.merged_as = source_name(*member(body, "sourceRelation"));
  if (read.merged_as.empty()) {
    read.undivided = marker_needed(r, "a MERGE whose source is a join without a name of its own");
    return read;
  }
  const auto pairs = joined_columns(body, target.own_name(), read.merged_as);
  const query_facts beside = facts_beside(body);
  if (!beside.reads.empty() || pairs.empty() || !inserts_safely(body, pairs, read.merged_as) ||
      moves_joined_rows(body, pairs)) {
    read.undivided = marker_needed(
        r, "a MERGE in which a row of one batch could match what another batch wrote");
    return read;
  }
  if (!beside.derived_functions.empty()) {
    read.undivided = marker_needed(
        r, "a MERGE whose WHEN or ON asks a subquery that has one answer for all rows");
    return read;
  }
  keep_facts(read_query_facts(body), read);
  read.set_columns = updated_columns(body);
  read.late_calls = beside.functions;
  read.pieces = pieces_of(r, pairs);
  divide(r, body, target, read);
  joined_table ours{target.name, {}};
  for (const pair& joined : pairs) ours.columns.push_back(joined.target);
  read.joins = {ours};
  return read;
}

}  // namespace pawl::sql
