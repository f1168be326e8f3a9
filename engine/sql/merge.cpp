// MERGE: by the key of its source, where no two rows of the source can meet in one row.
#include <fmt/format.h>

#include <algorithm>

#include "sql/change_readers.hpp"
#include "sql/statement_parts.hpp"

namespace pawl::sql {
namespace {

// The column of `use` that a reference names, empty if it names none of it.
std::string column_of(const table_use& use, const std::vector<std::string>& fields) {
  const std::string& own = use.alias.empty() ? use.name.table : use.alias;
  return fields.size() == 2 && fields.front() == own ? fields.back() : std::string{};
}

// `ON t.a = s.b`: pairs of a target's and a source's column.
struct pair {
  std::string target;
  std::string source;
};

std::vector<pair> joined_columns(const node& body, const table_use& target,
                                 const table_use& source) {
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
                           const table_use& source) {
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

bool inserts_safely(const node& body, const std::vector<pair>& pairs, const table_use& source) {
  const node* clauses = member(body, "mergeWhenClauses");
  return clauses != nullptr && std::all_of(clauses->begin(), clauses->end(), [&](const node& item) {
           const node* clause = as(item, "MergeWhenClause");
           const bool inserts =
               clause != nullptr && text_member(*clause, "commandType") == "CMD_INSERT";
           return clause != nullptr && (!inserts || inserts_joined_values(*clause, pairs, source));
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

}  // namespace

result<change> read_merge(const reading& r, const node& body, change read) {
  const table_use target = use_of(*member(body, "relation"));
  read.written = target.name;
  read.target = target.name;
  const node* from = member(body, "sourceRelation");
  const node* table = from == nullptr ? nullptr : as(*from, "RangeVar");
  node rest = body;
  rest.erase("relation");
  rest.erase("sourceRelation");
  const query_facts facts = read_query_facts(rest, "");
  read.by = division::none;
  if (table == nullptr) {
    read.undivided = marker_needed(r, "a MERGE whose source is no table");
    return read;
  }
  const table_use source = use_of(*table);
  const auto pairs = joined_columns(body, target, source);
  const node* alias = member(*table, "alias");
  const bool renamed = alias != nullptr && alias->contains("colnames");
  const bool alone = facts.reads.empty() && !renamed && !may_be_same(source.name, target.name) &&
                     !names_cte(body, source.name.table);
  if (!alone || pairs.empty() || !inserts_safely(body, pairs, source) ||
      moves_joined_rows(body, pairs)) {
    read.undivided = marker_needed(
        r, "a MERGE in which a row of one batch could match what another batch wrote");
    return read;
  }
  const relation_part part = drive(r, source, read);
  read.target_text = {part.begin, part.end};
  read.reason = fmt::format("each row of {} meets rows of its own in {}", source.name.table,
                            target.name.table);
  read.is_wrapped = true;
  joined_table ours{target.name, {}};
  joined_table theirs{source.name, {}};
  for (const pair& joined : pairs) {
    read.unique_by.push_back(joined.source);
    ours.columns.push_back(joined.target);
    theirs.columns.push_back(joined.source);
  }
  read.joins = {ours, theirs};
  keep_facts(facts, read);
  read.reads = {source.name};
  return read;
}

}  // namespace pawl::sql
