#include "sql/expression.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace pawl::sql {
namespace {

void add_name(std::vector<std::string>& names, std::string name) {
  if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(std::move(name));
}

std::string dotted(const node& body, const char* key) {
  return fmt::format("{}", fmt::join(names_in(member(body, key)), "."));
}

class fact_reader {
 public:
  explicit fact_reader(expression_facts& to) : to_(to) {}

  bool read(const node& n) {
    if (!n.is_object() || n.size() != 1) return false;
    const std::string& type = n.items().begin().key();
    const node& body = n.front();
    if (type == "A_Const" || type == "SQLValueFunction") return true;
    if (type == "ColumnRef") return read_column(body);
    if (type == "A_Expr") return read_operator(body);
    if (type == "FuncCall") return read_call(body);
    if (type == "TypeCast") return read_cast(body);
    if (type == "A_Indirection") return read_subscript(body);
    if (type == "CaseExpr" && body.contains("arg")) add_name(to_.calls.operators, "=");
    return read_plain(type, body);
  }

 private:
  // Nodes that only put their parts together, and the members that hold those.
  bool read_plain(const std::string& type, const node& body) {
    struct plain {
      std::string_view type;
      std::array<const char*, 3> parts;
    };
    static constexpr std::array<plain, 12> known = {{
        {"BoolExpr", {"args"}},
        {"List", {"items"}},
        {"NullTest", {"arg"}},
        {"BooleanTest", {"arg"}},
        {"CollateClause", {"arg"}},
        {"NamedArgExpr", {"arg"}},
        {"CaseExpr", {"arg", "args", "defresult"}},
        {"CaseWhen", {"expr", "result"}},
        {"CoalesceExpr", {"args"}},
        {"MinMaxExpr", {"args"}},
        {"RowExpr", {"args"}},
        {"A_ArrayExpr", {"elements"}},
    }};
    const auto found =
        std::find_if(known.begin(), known.end(), [&](const plain& p) { return p.type == type; });
    if (found == known.end()) return false;
    return std::all_of(found->parts.begin(), found->parts.end(),
                       [&](const char* part) { return part == nullptr || read_part(body, part); });
  }

  bool read_part(const node& body, const char* key) {
    const node* part = member(body, key);
    if (part == nullptr) return true;
    if (!part->is_array()) return read(*part);
    return std::all_of(part->begin(), part->end(), [&](const node& item) { return read(item); });
  }

  bool read_column(const node& body) {
    column_reference found{names_in(member(body, "fields")), location_of(body)};
    const auto is_star = [](const std::string& name) { return name == "*"; };
    if (found.fields.empty() || std::any_of(found.fields.begin(), found.fields.end(), is_star)) {
      return false;
    }
    to_.columns.push_back(std::move(found));
    return true;
  }

  bool read_operator(const node& body) {
    const std::string name = dotted(body, "name");
    if (name.find("BETWEEN") == std::string::npos) {
      add_name(to_.calls.operators, name);
    } else {
      for (const char* compared : {"<", "<=", ">", ">="}) add_name(to_.calls.operators, compared);
    }
    return read_part(body, "lexpr") && read_part(body, "rexpr");
  }

  bool read_call(const node& body) {
    static constexpr std::array<std::string_view, 5> plain = {"funcname", "args", "func_variadic",
                                                              "funcformat", "location"};
    for (const auto& [key, value] : body.items()) {
      if (std::find(plain.begin(), plain.end(), key) == plain.end()) return false;
    }
    add_name(to_.calls.functions, dotted(body, "funcname"));
    return read_part(body, "args");
  }

  bool read_cast(const node& body) {
    const node* type = member(body, "typeName");
    if (type == nullptr || type->contains("setof") || type->contains("pct_type")) return false;
    add_name(to_.calls.types, dotted(*type, "names") + (type->contains("arrayBounds") ? "[]" : ""));
    return read_part(body, "arg");
  }

  // `a[1]` is read; `(a).b` is not: b may be a function.
  bool read_subscript(const node& body) {
    const node* steps = member(body, "indirection");
    if (steps == nullptr || !read_part(body, "arg")) return false;
    return std::all_of(steps->begin(), steps->end(), [&](const node& step) {
      const node* subscript = as(step, "A_Indices");
      return subscript != nullptr && read_part(*subscript, "lidx") && read_part(*subscript, "uidx");
    });
  }

  expression_facts& to_;
};

}  // namespace

bool add_facts(const node& expression, expression_facts& to) {
  return fact_reader(to).read(expression);
}

}  // namespace pawl::sql
