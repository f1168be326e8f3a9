// A WITH that changes data: `WITH moved AS (DELETE ... RETURNING ...) INSERT ... SELECT ... FROM
// moved`, and `WITH made AS (INSERT ... SELECT ... RETURNING ...) UPDATE ... FROM made`.
#include <fmt/format.h>

#include <algorithm>

#include "sql/change_readers.hpp"
#include "sql/statement_parts.hpp"

namespace pawl::sql {
namespace {

constexpr std::string_view what = "a WITH that changes data";

// The only CTE of a statement.
const node* only_cte(const node& body) {
  const node* with = member(body, "withClause");
  const node* list = with == nullptr ? nullptr : member(*with, "ctes");
  return list == nullptr || list->size() != 1 ? nullptr : as(list->front(), "CommonTableExpr");
}

void drive_from(const reading& r, const table_use& driver, std::size_t where_from, change& read) {
  const relation_part part = drive(r, driver, read);
  read.where = find_where(r.st, where_from, read.markers);
  read.where_insert = where_place(r.st, part.end);
}

// Rows are moved: what the CTE deletes is what the rest inserts.
bool read_move(const reading& r, const node& cte, const node& removal, const node& body,
               change& read) {
  const node* query = member(body, "selectStmt");
  const node* select = query == nullptr ? nullptr : as(*query, "SelectStmt");
  if (select == nullptr || removal.contains("usingClause") || body.contains("onConflictClause")) {
    return false;
  }
  const table_use source = use_of(*member(removal, "relation"));
  const relation_name into = relation_of(*member(body, "relation"));
  const auto driver = driving_table(*select);
  const bool from_cte = driver && driver->name == relation_name{"", text_member(cte, "ctename")};
  const query_facts rest = read_query_facts(*select, "");
  const query_facts inner = read_query_facts(removal);
  const auto touches = [&](const query_facts& facts) {
    return reads_table(facts, source.name) || reads_table(facts, into);
  };
  const bool once = count_uses(*select, {"", text_member(cte, "ctename")}) == 1 && !rest.combines;
  if (!from_cte || !once || !is_row_by_row(*select) || rest.combines || rest.groups ||
      inner.combines || inner.groups || touches(rest) || touches(inner) ||
      may_be_same(source.name, into)) {
    return false;
  }
  drive_from(r, source, r.st.text.begin + source.location, read);
  read.written = into;
  read.own_calls = rest.own_functions;
  read.reason = fmt::format("each row that leaves {} makes rows of its own in {}",
                            source.name.table, into.table);
  return true;
}

// The RETURNING column of the INSERT that holds the driver's column `wanted`; empty if none does.
std::string returned_as(const node& insert, const node& select, const table_use& driver,
                        const std::string& returned) {
  const node* columns = member(insert, "cols");
  const node* values = member(select, "targetList");
  if (columns == nullptr || values == nullptr || columns->size() != values->size()) return {};
  const std::string& own = driver.own_name();
  for (std::size_t i = 0; i < columns->size(); ++i) {
    const node* column = as(columns->at(i), "ResTarget");
    const node* item = as(values->at(i), "ResTarget");
    const node* value = item == nullptr ? nullptr : member(*item, "val");
    const node* reference = value == nullptr ? nullptr : as(*value, "ColumnRef");
    if (column == nullptr || reference == nullptr || text_member(*column, "name") != returned) {
      continue;
    }
    const auto fields = names_in(member(*reference, "fields"));
    const bool is_own = fields.size() == 1 || (fields.size() == 2 && fields.front() == own);
    return is_own ? fields.back() : std::string{};
  }
  return {};
}

// What RETURNING calls the column; empty if it is no plain column.
std::string returning_source(const node& insert, const std::string& name) {
  const node* list = member(insert, "returningList");
  if (list == nullptr) return {};
  for (const node& item : *list) {
    const node* target = as(item, "ResTarget");
    const node* value = target == nullptr ? nullptr : member(*target, "val");
    const node* reference = value == nullptr ? nullptr : as(*value, "ColumnRef");
    if (reference == nullptr) continue;
    const auto fields = names_in(member(*reference, "fields"));
    const std::string shown =
        target->contains("name") ? text_member(*target, "name") : fields.back();
    if (shown == name) return fields.back();
  }
  return {};
}

// Rows are made from a table, which then learns of them (or loses them), row by row: the two are
// joined by columns of that table, which must hold its key (the plan room checks it).
bool read_make(const reading& r, const node& cte, const node& insert, const node& body,
               change& read) {
  const node* query = member(insert, "selectStmt");
  const node* select = query == nullptr ? nullptr : as(*query, "SelectStmt");
  // An identity column would get a value of its own.
  const bool overrides = text_member(insert, "override") == "OVERRIDING_USER_VALUE";
  if (select == nullptr || overrides || insert.contains("onConflictClause") ||
      !is_row_by_row(*select)) {
    return false;
  }
  const auto driver = driving_table(*select);
  const table_use target = use_of(*member(body, "relation"));
  const relation_name into = relation_of(*member(insert, "relation"));
  const query_facts inner = read_query_facts(*select, "");
  query_facts rest = read_query_facts(body, "withClause");
  if (!driver || !may_be_same(driver->name, target.name) || inner.combines || inner.groups ||
      reads_table(inner, into) || may_be_same(into, target.name)) {
    return false;
  }
  // Besides the target itself the rest reads the CTE alone.
  const std::string made = text_member(cte, "ctename");
  const bool only_made = std::all_of(rest.reads.begin(), rest.reads.end(), [&](const auto& name) {
    return name == target.name || name == relation_name{"", made};
  });
  const std::string& own = target.own_name();
  joined_table ours{target.name, {}};
  joined_table theirs{into, {}};
  for (const equality& e : equalities_in(member(body, "whereClause"))) {
    for (const auto& [a, b] : {std::pair{e.left, e.right}, std::pair{e.right, e.left}}) {
      if (a.size() != 2 || b.size() != 2 || a.front() != own || b.front() != made) continue;
      const auto inserted = returning_source(insert, b.back());
      if (returned_as(insert, *select, *driver, inserted) == a.back()) {
        read.unique_by.push_back(a.back());
        ours.columns.push_back(a.back());
        theirs.columns.push_back(inserted);
      }
    }
  }
  node outside = body;
  outside.erase("relation");
  outside.erase("withClause");
  const bool once = count_uses(*select, target.name) == 1 && inner.reads.size() == 1 &&
                    count_uses(outside, target.name) == 0 && count_uses(outside, {"", made}) == 1;
  if (!only_made || !once || read.unique_by.empty()) return false;
  read.joins = {ours, theirs};
  drive_from(r, *driver, r.st.text.begin + driver->location, read);
  read.written = target.name;
  read.made = into;
  read.own_calls = inner.own_functions;
  read.reason = fmt::format("each row of {} makes a row of {} and is changed by that row alone",
                            driver->name.table, into.table);
  return true;
}

// What the CTEs change counts for the size of the whole.
void add_written(const node& with, change& read) {
  any_object(with, [&](const node& object) {
    for (const char* verb : {"InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt"}) {
      const node* body = as(object, verb);
      if (body != nullptr) read.reads.push_back(relation_of(*member(*body, "relation")));
    }
    return false;
  });
}

}  // namespace

result<change> read_writing_with(const reading& r, std::string_view verb, const node& body,
                                 change read) {
  read.kind = change_kind::other;
  read.by = division::none;
  const node* cte = only_cte(body);
  const node* inner = cte == nullptr ? nullptr : member(*cte, "ctequery");
  const node* removal = inner == nullptr ? nullptr : as(*inner, "DeleteStmt");
  const node* insert = inner == nullptr ? nullptr : as(*inner, "InsertStmt");
  bool known = false;
  if (removal != nullptr && verb == "InsertStmt") {
    known = read_move(r, *cte, *removal, body, read);
  } else if (insert != nullptr && (verb == "UpdateStmt" || verb == "DeleteStmt")) {
    known = read_make(r, *cte, *insert, body, read);
  }
  keep_facts(read_query_facts(body), read);
  if (known) {
    // Where the table that is changed is read too, it is read as the one that drives the change.
    std::erase_if(read.reads, [&](const relation_name& name) {
      return may_be_same(name, read.target) ||
             name == relation_name{"", text_member(*cte, "ctename")};
    });
  } else {
    read.target = relation_of(*member(body, "relation"));
    read.written = read.target;
    read.undivided = marker_needed(r, what);
    add_written(*member(body, "withClause"), read);
  }
  return read;
}

}  // namespace pawl::sql
