#include "lint/learn.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace pawl::lint {
namespace {

constraint_kind kind_named(std::string_view type) {
  if (type == "CONSTR_FOREIGN") return constraint_kind::foreign_key;
  if (type == "CONSTR_UNIQUE") return constraint_kind::unique;
  if (type == "CONSTR_PRIMARY") return constraint_kind::primary_key;
  if (type == "CONSTR_EXCLUSION") return constraint_kind::exclusion;
  return constraint_kind::check;
}

// As PostgreSQL names a constraint that has no name, but for cutting and counting.
std::string usual_name(const constraint& c, const sql::relation_name& on) {
  switch (c.kind) {
    case constraint_kind::primary_key:
      return on.table + "_pkey";
    case constraint_kind::foreign_key:
      return fmt::format("{}_{}_fkey", on.table, fmt::join(c.columns, "_"));
    case constraint_kind::unique:
      return fmt::format("{}_{}_key", on.table, fmt::join(c.columns, "_"));
    case constraint_kind::exclusion:
      return on.table + "_excl";
    case constraint_kind::check:
      return c.reads.size() == 1 ? fmt::format("{}_{}_check", on.table, c.reads.front())
                                 : on.table + "_check";
  }
  return {};
}

void add_constraint(table& to, constraint c, const std::string& from_index) {
  if (c.kind == constraint_kind::unique || c.kind == constraint_kind::primary_key) {
    const auto used = std::find_if(to.indexes.begin(), to.indexes.end(),
                                   [&](const index& i) { return i.name == from_index; });
    if (used != to.indexes.end()) {
      used->of_constraint = true;
      used->name = c.name;
      c.columns = used->columns;
    } else {
      index made;
      made.name = c.name;
      made.columns = c.columns;
      made.unique = made.of_constraint = true;
      made.made_in = c.made_in;
      to.indexes.push_back(std::move(made));
    }
  }
  if (c.kind == constraint_kind::primary_key) {
    for (const std::string& name : c.columns) {
      if (column* of = to.find_column(name)) of->not_null = true;
    }
  }
  to.constraints.push_back(std::move(c));
}

void add_column(table& to, const node& def, int file) {
  column made;
  made.name = text(def, "colname");
  made.type = type_of(part(def, "typeName"));
  made.not_null = flag(def, "is_not_null") || made.type.name.ends_with("serial");
  made.made_in = file;
  std::vector<constraint> own;
  for (const node& item : part(def, "constraints")) {
    const node& body = part(item, "Constraint");
    const std::string type = text(body, "contype");
    if (type == "CONSTR_NOTNULL" || type == "CONSTR_IDENTITY") made.not_null = true;
    if (type == "CONSTR_GENERATED") made.generated_from = columns_read(part(body, "raw_expr"));
    if (type == "CONSTR_ATTR_DEFERRED" && !own.empty()) own.back().deferred = true;
    if (auto c = constraint_of(body, to.name, made.name, file)) own.push_back(std::move(*c));
  }
  to.columns.push_back(std::move(made));
  for (constraint& c : own) add_constraint(to, std::move(c), {});
}

std::vector<std::string> partition_columns(const node& spec) {
  std::vector<std::string> columns;
  for (const node& item : part(spec, "partParams")) {
    const node& element = part(item, "PartitionElem");
    auto read = columns_read(part(element, "expr"));
    if (const std::string name = text(element, "name"); !name.empty()) read.push_back(name);
    columns.insert(columns.end(), read.begin(), read.end());
  }
  return columns;
}

void create_table(const node& body, schema& known, int file) {
  table made;
  made.name = relation_of(part(body, "relation"));
  // What the catalog knows is there already: the file was run by somebody, and changes nothing.
  const table* there = known.find_table(made.name);
  const bool in_catalog = known.from_database && there != nullptr && there->made_in < 0;
  if (there != nullptr && (in_catalog || flag(body, "if_not_exists"))) return;
  made.made_in = file;
  made.partitioned = part(body, "partspec").is_object();
  made.partitioned_by = partition_columns(part(body, "partspec"));
  made.complete = !part(body, "inhRelations").is_array();
  for (const node& item : part(body, "tableElts")) {
    if (const node* def = sql::as(item, "ColumnDef")) add_column(made, *def, file);
    if (sql::as(item, "TableLikeClause") != nullptr) made.complete = false;
  }
  for (const node& item : part(body, "tableElts")) {
    const node* own = sql::as(item, "Constraint");
    if (own == nullptr) continue;
    if (auto c = constraint_of(*own, made.name, {}, file)) add_constraint(made, std::move(*c), {});
  }
  known.tables[key_of(made.name)] = std::move(made);
}

// A table whose columns are not listed: CREATE TABLE AS, SELECT INTO.
void create_unlisted(const node& into, schema& known, int file) {
  table made;
  made.name = relation_of(part(into, "rel"));
  made.made_in = file;
  known.tables[key_of(made.name)] = std::move(made);
}

void drop_column(table& of, const std::string& name) {
  const auto gone = [&](const std::vector<std::string>& names) { return holds(names, name); };
  std::erase_if(of.columns, [&](const column& c) { return c.name == name; });
  std::erase_if(of.constraints,
                [&](const constraint& c) { return gone(c.columns) || gone(c.reads); });
  std::erase_if(of.indexes, [&](const index& i) { return gone(i.columns) || gone(i.reads); });
}

void drop_constraint(table& of, const std::string& name) {
  std::erase_if(of.constraints, [&](const constraint& c) { return c.name == name; });
  std::erase_if(of.indexes, [&](const index& i) { return i.of_constraint && i.name == name; });
}

void alter_column(table& of, const node& command, std::string_view subtype) {
  column* changed = of.find_column(text(command, "name"));
  if (changed == nullptr) return;
  if (subtype == "AT_SetNotNull") changed->not_null = true;
  if (subtype == "AT_DropNotNull") changed->not_null = false;
  if (subtype == "AT_AlterColumnType") {
    changed->type = type_of(part(part(part(command, "def"), "ColumnDef"), "typeName"));
  }
}

void alter_table(const node& body, schema& known, int file) {
  const sql::relation_name on = relation_of(part(body, "relation"));
  table* of = known.find_table(on);
  if (of == nullptr) {
    // There before these files, and not all of it is known.
    if (known.from_database || text(body, "objtype") != "OBJECT_TABLE") return;
    of = &known.tables[key_of(on)];
    of->name = on;
  }
  for (const node& item : part(body, "cmds")) {
    const node& command = part(item, "AlterTableCmd");
    const std::string subtype = text(command, "subtype");
    const std::string name = text(command, "name");
    if (subtype == "AT_AddColumn") {
      const node& def = part(part(command, "def"), "ColumnDef");
      if (of->find_column(text(def, "colname")) == nullptr) add_column(*of, def, file);
    } else if (subtype == "AT_DropColumn") {
      drop_column(*of, name);
    } else if (subtype == "AT_AddConstraint") {
      const node& own = part(part(command, "def"), "Constraint");
      if (auto c = constraint_of(own, of->name, {}, file)) {
        add_constraint(*of, std::move(*c), text(own, "indexname"));
      }
    } else if (subtype == "AT_DropConstraint") {
      drop_constraint(*of, name);
    } else if (subtype == "AT_ValidateConstraint") {
      for (constraint& c : of->constraints) {
        if (c.name == name) c.valid = true;
      }
    } else {
      alter_column(*of, command, subtype);
    }
  }
}

void rename_in(std::vector<std::string>& names, const std::string& from, const std::string& to) {
  std::replace(names.begin(), names.end(), from, to);
}

void rename_column(table& of, const std::string& from, const std::string& to) {
  for (column& c : of.columns) {
    if (c.name == from) c.name = to;
    rename_in(c.generated_from, from, to);
  }
  for (constraint& c : of.constraints) {
    rename_in(c.columns, from, to);
    rename_in(c.reads, from, to);
    rename_in(c.proves_not_null, from, to);
  }
  for (index& i : of.indexes) {
    rename_in(i.columns, from, to);
    rename_in(i.reads, from, to);
  }
}

template <class Value>
void move_key(std::map<std::string, Value>& all, const std::string& from, const std::string& to) {
  auto moved = all.extract(from);
  if (moved.empty() || all.contains(to)) return;
  moved.key() = to;
  all.insert(std::move(moved));
}

void rename_table(schema& known, const sql::relation_name& from, const sql::relation_name& to) {
  if (table* of = known.find_table(from)) of->name = to;
  move_key(known.tables, key_of(from), key_of(to));
  move_key(known.pending_rows, key_of(from), key_of(to));
  for (auto& [key, t] : known.tables) {
    for (constraint& c : t.constraints) {
      if (key_of(c.target) == key_of(from)) c.target = to;
    }
  }
}

void rename(const node& body, schema& known) {
  const std::string kind = text(body, "renameType");
  const std::string to = text(body, "newname");
  const std::string from = text(body, "subname");
  const sql::relation_name on = relation_of(part(body, "relation"));
  if (kind == "OBJECT_TABLE") {
    rename_table(known, on, {on.schema, to});
  } else if (kind == "OBJECT_TYPE") {
    const sql::relation_name type =
        relation_of_names(sql::names_in(&part(part(part(body, "object"), "List"), "items")));
    move_key(known.types, key_of(type), key_of({type.schema, to}));
    for (auto& [key, t] : known.tables) {
      for (column& c : t.columns) {
        if (c.type.name == key_of(type)) c.type.name = key_of({type.schema, to});
      }
    }
  } else if (kind == "OBJECT_INDEX") {
    if (const auto found = known.find_index(on.table); found.what != nullptr) found.what->name = to;
  } else if (table* of = known.find_table(on)) {
    if (kind == "OBJECT_COLUMN") rename_column(*of, from, to);
    if (kind == "OBJECT_TABCONSTRAINT") {
      for (constraint& c : of->constraints) {
        if (c.name == from) c.name = to;
      }
    }
  }
}

void drop(const node& body, schema& known) {
  const std::string kind = text(body, "removeType");
  for (const node& object : part(body, "objects")) {
    const node* list = sql::as(object, "List");
    const node* type = sql::as(object, "TypeName");
    const std::vector<std::string> parts = list != nullptr   ? names(*list, "items")
                                           : type != nullptr ? names(*type, "names")
                                                             : std::vector<std::string>();
    const sql::relation_name name = relation_of_names(parts);
    if (kind == "OBJECT_TABLE") known.tables.erase(key_of(name));
    if (kind == "OBJECT_TYPE" || kind == "OBJECT_DOMAIN") known.types.erase(key_of(name));
    if (kind == "OBJECT_INDEX") {
      const auto found = known.find_index(name.table);
      if (found.of == nullptr) continue;
      std::erase_if(found.of->indexes, [&](const index& i) { return &i == found.what; });
    }
    if (kind == "OBJECT_VIEW" || kind == "OBJECT_MATVIEW") {
      std::erase_if(known.dependents, [&](const dependent& d) {
        return d.what == fmt::format("view {}", as_sql(name.table));
      });
    }
  }
}

void learn_type(const unit& u, schema& known, int file) {
  const node& body = *u.body;
  user_type made;
  made.made_in = file;
  if (u.kind == "CreateEnumStmt") {
    made.kind = type_kind::enumeration;
    made.values = names(body, "vals");
    known.types[key_of(relation_of_names(names(body, "typeName")))] = std::move(made);
  } else if (u.kind == "CreateDomainStmt") {
    made.kind = type_kind::domain;
    made.base = type_of(part(body, "typeName"));
    for (const node& item : part(body, "constraints")) {
      const std::string type = text(part(item, "Constraint"), "contype");
      if (type == "CONSTR_CHECK" || type == "CONSTR_NOTNULL") made.constrained = true;
    }
    known.types[key_of(relation_of_names(names(body, "domainname")))] = std::move(made);
  } else {
    const auto found = known.types.find(key_of(relation_of_names(names(body, "typeName"))));
    if (found == known.types.end()) return;
    std::vector<std::string>& values = found->second.values;
    const std::string old = text(body, "oldVal");
    if (!old.empty()) rename_in(values, old, text(body, "newVal"));
    if (old.empty() && !holds(values, text(body, "newVal"))) values.push_back(text(body, "newVal"));
  }
}

void learn_function(const node& body, schema& known) {
  bool changes = true;
  for (const node& item : part(body, "options")) {
    const node& option = part(item, "DefElem");
    if (text(option, "defname") != "volatility") continue;
    changes = text(body_of(part(option, "arg")), "sval") == "volatile";
  }
  const std::vector<std::string> parts = names(body, "funcname");
  if (!parts.empty()) known.volatile_functions[parts.back()] = changes;
}

void learn_view(const node& query, const std::string& what, schema& known) {
  std::vector<std::string> tables;
  sql::any_object(query, [&](const node& object) {
    if (const node* read = sql::as(object, "RangeVar"))
      tables.push_back(key_of(relation_of(*read)));
    return false;
  });
  // Of a join it cannot be told from which table an unqualified column comes.
  if (tables.size() != 1) return;
  const bool all = sql::any_object(query, [](const node& n) { return n.contains("A_Star"); });
  std::vector<std::string> columns = columns_read(query);
  if (all) columns.emplace_back("*");
  for (const std::string& name : columns) known.dependents.push_back({what, tables.front(), name});
}

void learn_dependent(const unit& u, schema& known) {
  const node& body = *u.body;
  if (u.kind == "ViewStmt") {
    learn_view(part(body, "query"),
               fmt::format("view {}", as_sql(relation_of(part(body, "view")).table)), known);
  } else if (u.kind == "CreatePolicyStmt") {
    const std::string what = fmt::format("policy {}", as_sql(text(body, "policy_name")));
    const std::string on = key_of(relation_of(part(body, "table")));
    for (const char* key : {"qual", "with_check"}) {
      for (const std::string& name : columns_read(part(body, key))) {
        known.dependents.push_back({what, on, name});
      }
    }
  } else if (table* of = known.find_table(relation_of(part(body, "relation")))) {
    of->triggers.push_back({text(body, "trigname"), names(body, "columns")});
  }
}

}  // namespace

std::optional<constraint> constraint_of(const node& body, const sql::relation_name& on,
                                        const std::string& of_column, int file) {
  const std::string type = text(body, "contype");
  if (type != "CONSTR_CHECK" && type != "CONSTR_FOREIGN" && type != "CONSTR_UNIQUE" &&
      type != "CONSTR_PRIMARY" && type != "CONSTR_EXCLUSION") {
    return std::nullopt;
  }
  constraint made;
  made.kind = kind_named(type);
  made.columns = names(body, made.kind == constraint_kind::foreign_key ? "fk_attrs" : "keys");
  if (made.columns.empty() && !of_column.empty()) made.columns = {of_column};
  if (made.kind == constraint_kind::check) {
    made.columns.clear();
    made.reads = columns_read(part(body, "raw_expr"));
    made.proves_not_null = proven_not_null(part(body, "raw_expr"));
  }
  if (made.kind == constraint_kind::foreign_key) {
    made.target = relation_of(part(body, "pktable"));
    made.target_columns = names(body, "pk_attrs");
  }
  made.valid = !flag(body, "skip_validation");
  made.deferred = flag(body, "initdeferred");
  made.made_in = file;
  made.name = text(body, "conname");
  if (made.name.empty()) made.name = usual_name(made, on);
  return made;
}

index index_of(const node& body, int file) {
  index made;
  made.name = text(body, "idxname");
  made.unique = flag(body, "unique");
  made.partial = part(body, "whereClause").is_object();
  made.made_in = file;
  made.reads = columns_read(part(body, "whereClause"));
  for (const node& item : part(body, "indexParams")) {
    const node& element = part(item, "IndexElem");
    made.columns.push_back(text(element, "name"));
    for (std::string& name : columns_read(part(element, "expr"))) {
      made.reads.push_back(std::move(name));
    }
  }
  return made;
}

void learn(const unit& u, schema& known, int file) {
  if (u.body == nullptr) return;
  const node& body = *u.body;
  const std::string_view kind = u.kind;
  if (kind == "CreateStmt") {
    create_table(body, known, file);
  } else if (kind == "CreateTableAsStmt") {
    create_unlisted(part(body, "into"), known, file);
  } else if (kind == "SelectStmt" && body.contains("intoClause")) {
    create_unlisted(part(body, "intoClause"), known, file);
  } else if (kind == "AlterTableStmt" && text(body, "objtype") == "OBJECT_TABLE") {
    alter_table(body, known, file);
  } else if (kind == "IndexStmt") {
    table* of = known.find_table(relation_of(part(body, "relation")));
    if (of != nullptr) of->indexes.push_back(index_of(body, file));
  } else if (kind == "RenameStmt") {
    rename(body, known);
  } else if (kind == "DropStmt") {
    drop(body, known);
  } else if (kind == "CreateEnumStmt" || kind == "CreateDomainStmt" || kind == "AlterEnumStmt") {
    learn_type(u, known, file);
  } else if (kind == "CreateFunctionStmt") {
    learn_function(body, known);
  } else if (kind == "ViewStmt" || kind == "CreatePolicyStmt" || kind == "CreateTrigStmt") {
    learn_dependent(u, known);
  }
}

}  // namespace pawl::lint
