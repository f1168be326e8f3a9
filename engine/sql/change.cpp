#include "sql/change.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "sql/identifier.hpp"
#include "sql/marker.hpp"
#include "sql/pending.hpp"
#include "sql/statement_parts.hpp"

namespace pawl::sql {
namespace {

constexpr std::string_view marking_hint =
    "Write `-- pawl:batch LABEL table=schema.t key=id` on the line before it, naming the table "
    "whose "
    "rows divide the work, and `AND /* pawl:range */ true` in the WHERE that reads them.";

std::string word_of(const source& in, const token& t) {
  return in.text.substr(t.at.begin, t.at.end - t.at.begin);
}

bool begins_data_change(const statement& st) {
  constexpr std::array words = {token_kind::update_word, token_kind::delete_word,
                                token_kind::insert_word, token_kind::merge_word,
                                token_kind::with_word};
  return std::find(words.begin(), words.end(), st.tokens.front().kind) != words.end();
}

bool begins_query(const statement& st) {
  constexpr std::array words = {token_kind::select_word, token_kind::values_word,
                                token_kind::table_word, token_kind::open};
  return std::find(words.begin(), words.end(), st.tokens.front().kind) != words.end();
}

error only_a_query(const source& in, const statement& st) {
  return in.fault(errc::not_a_job, st.text.begin, "a query changes no data",
                  "Write `-- pawl:verify` on the line before it if it checks the job, else move it "
                  "out of the file.");
}

// A statement of another kind is told by its first word: most of them would parse, but bodies with
// semicolons have been cut apart by now.
std::optional<error> refused_start(const source& in, const statement& st) {
  const token& first = st.tokens.front();
  if (begins_data_change(st) || begins_query(st) || first.keyword == keyword_kind::none) {
    return std::nullopt;
  }
  constexpr std::array<std::string_view, 7> control = {"begin", "start",    "commit",   "end",
                                                       "abort", "rollback", "savepoint"};
  const std::string word = lower_case(word_of(in, first));
  std::string hint =
      "Move it to a migration; a job file holds UPDATE, DELETE, INSERT ... SELECT, "
      "MERGE, and the SELECT after `-- pawl:verify`.";
  if (std::find(control.begin(), control.end(), word) != control.end()) {
    hint = "Delete it: pawl gives each batch a transaction of its own.";
  } else if (word == "set" || word == "reset") {
    hint = "Write `-- pawl:set NAME=VALUE` before the first statement instead.";
  }
  return in.fault(errc::not_a_job, st.text.begin,
                  fmt::format("`{}` is no data change", word_of(in, first)), std::move(hint));
}

std::optional<error> refused_parameter(const source& in, const statement& st) {
  for (const token& t : st.tokens) {
    if (t.kind != token_kind::param) continue;
    return in.fault(errc::sql_syntax, t.at.begin,
                    fmt::format("parameter {} has no value in a file", word_of(in, t)),
                    "Write the value itself.");
  }
  return std::nullopt;
}

bool is_writing(const node& object) {
  return object.contains("InsertStmt") || object.contains("UpdateStmt") ||
         object.contains("DeleteStmt") || object.contains("MergeStmt");
}

relation_name relation_in(const node& body) {
  const node* relation = member(body, "relation");
  if (relation == nullptr) return {};
  return {text_member(*relation, "schemaname"), text_member(*relation, "relname")};
}

// Without a schema search_path decides, and the text cannot tell two tables apart.
bool may_be_same(const relation_name& a, const relation_name& b) {
  return a.table == b.table && (a.schema.empty() || b.schema.empty() || a.schema == b.schema);
}

bool reads_relation(const node& tree, const relation_name& target) {
  return any_object(tree, [&](const node& object) {
    return object.contains("relname") &&
           may_be_same({text_member(object, "schemaname"), text_member(object, "relname")}, target);
  });
}

bool reads_itself(const node& body, const relation_name& target) {
  const node* where = member(body, "whereClause");
  const node* set = member(body, "targetList");
  return (where != nullptr && reads_relation(*where, target)) ||
         (set != nullptr && reads_relation(*set, target));
}

// Why an UPDATE or DELETE is not one of a single table's rows, each by itself; empty if it is.
std::string_view dependence(const node& body, const relation_name& target) {
  const node* where = member(body, "whereClause");
  if (where != nullptr && where->contains("CurrentOfExpr")) return "with WHERE CURRENT OF";
  if (body.contains("withClause")) return "with WITH";
  if (body.contains("fromClause")) return "with FROM";
  if (body.contains("usingClause")) return "with USING";
  if (reads_itself(body, target)) {
    return "whose subquery reads the table that it changes (each batch would see the changes of "
           "those before it)";
  }
  return {};
}

void add_assignments(const statement& st, const node& body, change& to) {
  const node* list = member(body, "targetList");
  if (list == nullptr) return;
  for (const node& item : *list) {
    const node* target = as(item, "ResTarget");
    if (target == nullptr) continue;
    to.set_columns.push_back(text_member(*target, "name"));
    const node* value = member(*target, "val");
    if (value == nullptr || value->contains("MultiAssignRef") || value->contains("SetToDefault") ||
        target->contains("indirection")) {
      continue;
    }
    to.assignments.push_back(
        {to.set_columns.back(), find_assigned(st, st.text.begin + location_of(*target))});
  }
}

// Qualifiers such as `public.` in `public.t.c`, which an alias makes invalid. In a statement that
// reads its table again they may mean the other occurrence, and are left alone.
void add_schema_qualifiers(const statement& st, const node& body, change& to) {
  if (!to.alias.empty() || reads_itself(body, to.target)) return;
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

struct reading {
  const source& in;
  const statement& st;
  const batch_directive* batch;
};

result<change> read_simple(const reading& r, const node& body, change read) {
  read.target = relation_in(body);
  const node& relation = *member(body, "relation");
  read.only = !relation.contains("inh");
  if (const node* alias = member(relation, "alias")) read.alias = text_member(*alias, "aliasname");
  if (r.batch != nullptr && r.batch->table && !may_be_same(*r.batch->table, read.target)) {
    return r.in.fault(errc::bad_directive, r.batch->begin,
                      fmt::format("table= names `{}`, but the statement changes `{}`",
                                  r.batch->table->table, read.target.table),
                      "Delete table=; the statement says it.");
  }
  const relation_part part = find_relation(r.st);
  read.target_text = part.name;
  read.alias_insert = part.end;
  read.where = find_where(r.st, read.markers);
  read.where_insert = r.st.text.end;
  add_assignments(r.st, body, read);
  add_schema_qualifiers(r.st, body, read);
  const auto in_where = [&](const slice& m) {
    return !read.where.empty() && m.begin >= read.where.begin;
  };
  if (!read.markers.empty() && std::none_of(read.markers.begin(), read.markers.end(), in_where)) {
    return r.in.fault(errc::bad_directive, read.markers.front().begin,
                      "the marker restricts a subquery, but not the rows that are changed",
                      "Write `AND /* pawl:range */ true` in the statement's own WHERE.");
  }
  if (read.kind == change_kind::update) read.pending = prove_pending(r.st, body, read);
  return read;
}

result<change> read_marked(const reading& r, const node* body, change read, std::string_view what) {
  const bool complete = r.batch != nullptr && r.batch->table && !r.batch->key.empty();
  if (read.markers.empty() || !complete) {
    const std::string_view missing =
        !read.markers.empty() ? "`-- pawl:batch` with table= and key=" : "a marker";
    return r.in.fault(errc::marker_needed, r.st.text.begin,
                      fmt::format("{} cannot be divided into batches without {}", what, missing),
                      std::string(marking_hint));
  }
  read.kind = change_kind::marked;
  read.target = *r.batch->table;
  if (body != nullptr && may_be_same(relation_in(*body), read.target)) {
    add_assignments(r.st, *body, read);
    read.assignments.clear();
  }
  return read;
}

std::optional<error> refused_rows(const source& in, const statement& st, const node& body) {
  if (body.contains("returningList")) {
    return in.fault(errc::not_a_job, st.text.begin, "nobody reads the rows of RETURNING",
                    "Delete the RETURNING clause.");
  }
  const node* query = member(body, "selectStmt");
  const node* select = query == nullptr ? nullptr : as(*query, "SelectStmt");
  if (select != nullptr && select->contains("valuesLists")) {
    return in.fault(errc::not_a_job, st.text.begin, "an INSERT of listed rows has nothing to batch",
                    "Run it with psql, or move it to a migration.");
  }
  return std::nullopt;
}

result<change> read_parsed(const reading& r, const node& tree, change read) {
  if (auto refused = misplaced_marker(r.in, r.st, &tree, read.markers)) return std::move(*refused);
  const node& body = tree.front();
  if (tree.contains("SelectStmt")) {
    if (!any_object(body, is_writing)) return only_a_query(r.in, r.st);
    return read_marked(r, nullptr, std::move(read), "a WITH that changes data");
  }
  if (auto refused = refused_rows(r.in, r.st, body)) return std::move(*refused);
  if (tree.contains("InsertStmt")) {
    return read_marked(r, nullptr, std::move(read), "an INSERT ... SELECT");
  }
  if (tree.contains("MergeStmt")) return read_marked(r, nullptr, std::move(read), "a MERGE");

  const bool update = tree.contains("UpdateStmt");
  const relation_name target = relation_in(body);
  const std::string_view why = dependence(body, target);
  const bool other_rows =
      body.contains("withClause") || body.contains("fromClause") || body.contains("usingClause");
  if (!why.empty() && (other_rows || read.markers.empty())) {
    const std::string what = fmt::format("{} {}", update ? "an UPDATE" : "a DELETE", why);
    return read_marked(r, update ? &body : nullptr, std::move(read), what);
  }
  read.kind = update ? change_kind::update : change_kind::remove;
  return read_simple(r, body, std::move(read));
}

}  // namespace

result<change> read_change(const source& in, const statement& st, std::vector<slice> markers,
                           const batch_directive* batch) {
  if (auto refused = refused_start(in, st)) return std::move(*refused);
  if (auto refused = refused_parameter(in, st)) return std::move(*refused);
  change read;
  read.statement = st.text;
  read.markers = std::move(markers);
  const reading r{in, st, batch};

  auto tree = parse_statement(in, st.text);
  if (tree) return read_parsed(r, tree->statement, std::move(read));
  error failed = tree.error();
  if (failed.code != errc::sql_syntax || !begins_data_change(st)) return failed;
  if (read.markers.empty() || batch == nullptr) {
    if (failed.hint.empty()) {
      failed.hint = fmt::format(
          "Correct it, or mark the statement if its SQL is newer than PostgreSQL 15. {}",
          marking_hint);
    }
    return failed;
  }
  if (auto refused = misplaced_marker(in, st, nullptr, read.markers)) return std::move(*refused);
  return read_marked(r, nullptr, std::move(read), "a statement that pawl cannot read");
}

std::optional<error> refused_check(const source& in, const statement& st,
                                   const std::vector<slice>& markers) {
  if (auto refused = refused_parameter(in, st)) return refused;
  const auto tree = parse_statement(in, st.text);
  if (!tree) return tree.error();
  const node* select = as(tree->statement, "SelectStmt");
  if (select == nullptr || any_object(*select, is_writing) || select->contains("intoClause") ||
      select->contains("lockingClause")) {
    return in.fault(errc::not_a_job, st.text.begin,
                    "`-- pawl:verify` needs a SELECT that only reads",
                    "Write a SELECT whose every row is true when the job has succeeded.");
  }
  return misplaced_marker(in, st, &tree->statement, markers);
}

}  // namespace pawl::sql
