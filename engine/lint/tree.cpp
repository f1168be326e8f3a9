#include "lint/tree.hpp"

#include <algorithm>
#include <set>

#include "sql/identifier.hpp"

namespace pawl::lint {
namespace {

void add_once(std::vector<std::string>& to, std::string name) {
  if (!holds(to, name)) to.push_back(std::move(name));
}

template <class Visit>
void each_of_kind(const node& n, const char* kind, const Visit& visit) {
  sql::any_object(n, [&](const node& object) {
    if (const node* body = sql::as(object, kind)) visit(*body);
    return false;
  });
}

}  // namespace

std::string_view kind_of(const node& n) {
  if (!n.is_object() || n.empty()) return {};
  return n.items().begin().key();
}

const node& body_of(const node& n) {
  static const node none;
  return n.is_object() && !n.empty() ? n.front() : none;
}

const node& part(const node& body, const char* key) {
  static const node none;
  const node* found = body.is_object() ? sql::member(body, key) : nullptr;
  return found == nullptr ? none : *found;
}

bool flag(const node& body, const char* key) {
  const node& found = part(body, key);
  return found.is_boolean() && found.get<bool>();
}

std::string text(const node& body, const char* key) {
  return body.is_object() ? sql::text_member(body, key) : std::string();
}

std::vector<std::string> names(const node& body, const char* key) {
  return body.is_object() ? sql::names_in(sql::member(body, key)) : std::vector<std::string>();
}

sql::relation_name relation_of(const node& range_variable) {
  const node* wrapped = sql::as(range_variable, "RangeVar");
  const node& body = wrapped != nullptr ? *wrapped : range_variable;
  return {text(body, "schemaname"), text(body, "relname")};
}

sql::relation_name relation_of_names(const std::vector<std::string>& parts) {
  if (parts.empty()) return {};
  return {parts.size() > 1 ? parts[parts.size() - 2] : "", parts.back()};
}

type_name type_of(const node& body) {
  const std::vector<std::string> parts = names(body, "names");
  type_name type;
  if (parts.empty()) return type;
  type.name = parts.size() == 1 || parts.front() == "pg_catalog" || parts.front() == "public"
                  ? parts.back()
                  : parts.front() + '.' + parts.back();
  for (const node& item : part(body, "typmods")) {
    const node& value = part(part(item, "A_Const"), "ival");
    const node& number = part(value, "ival");
    if (value.is_object()) type.modifiers.push_back(number.is_number() ? number.get<int>() : 0);
  }
  type.array = part(body, "arrayBounds").is_array();
  return type;
}

std::string as_sql(const sql::relation_name& name) {
  const std::string table = sql::quote_identifier(name.table);
  return name.schema.empty() ? table : sql::quote_identifier(name.schema) + '.' + table;
}

std::string as_sql(std::string_view name) {
  return sql::quote_identifier(name);
}

std::string quoted_list(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) {
    list += (list.empty() ? "" : ", ") + sql::quote_identifier(name);
  }
  return list;
}

std::vector<std::string> columns_read(const node& expression) {
  std::vector<std::string> found;
  each_of_kind(expression, "ColumnRef", [&](const node& body) {
    const std::vector<std::string> fields = names(body, "fields");
    if (!fields.empty()) add_once(found, fields.back());
  });
  return found;
}

std::vector<std::string> functions_called(const node& expression) {
  std::vector<std::string> found;
  each_of_kind(expression, "FuncCall", [&](const node& body) {
    const std::vector<std::string> parts = names(body, "funcname");
    if (!parts.empty()) add_once(found, parts.back());
  });
  return found;
}

std::vector<std::string> proven_not_null(const node& expression) {
  std::vector<std::string> found;
  if (const node* test = sql::as(expression, "NullTest")) {
    const node* read = sql::as(part(*test, "arg"), "ColumnRef");
    if (read != nullptr && text(*test, "nulltesttype") == "IS_NOT_NULL") {
      const std::vector<std::string> fields = names(*read, "fields");
      if (!fields.empty()) found.push_back(fields.back());
    }
  } else if (const node* all = sql::as(expression, "BoolExpr")) {
    if (text(*all, "boolop") == "AND_EXPR") {
      for (const node& term : part(*all, "args")) {
        for (std::string& name : proven_not_null(term)) add_once(found, std::move(name));
      }
    }
  }
  return found;
}

std::optional<std::string> constant_of(const node& n) {
  const node* body = sql::as(n, "A_Const");
  if (body == nullptr) {
    const node* cast = sql::as(n, "TypeCast");
    return cast == nullptr ? std::nullopt : constant_of(part(*cast, "arg"));
  }
  if (const node& string = part(*body, "sval"); string.is_object()) return text(string, "sval");
  if (const node& number = part(*body, "fval"); number.is_object()) return text(number, "fval");
  if (const node& number = part(*body, "ival"); number.is_object()) {
    const node& value = part(number, "ival");
    return value.is_number() ? value.dump() : "0";
  }
  if (const node& truth = part(*body, "boolval"); truth.is_object()) {
    return flag(truth, "boolval") ? "true" : "false";
  }
  return "NULL";
}

bool has_option(const node& options, std::string_view name) {
  for (const node& item : options) {
    const node* option = sql::as(item, "DefElem");
    if (option == nullptr || text(*option, "defname") != name) continue;
    const node& value = part(*option, "arg");
    const std::string word = text(body_of(value), kind_of(value) == "Integer" ? "ival" : "sval");
    const bool off = word == "off" || word == "false" ||
                     (kind_of(value) == "Integer" && part(body_of(value), "ival").is_null());
    return !off;
  }
  return false;
}

bool holds(const std::vector<std::string>& all, std::string_view one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

}  // namespace pawl::lint
