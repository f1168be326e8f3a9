#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "lint/rules.hpp"

namespace pawl::lint {
namespace {

enum class verdict { nothing, rewrite, unknown };

bool is_text(const type_name& t) {
  return t.name == "text" || t.name == "varchar";
}

// -1: no limit.
int length_of(const type_name& t) {
  return t.modifiers.empty() ? -1 : t.modifiers.front();
}

bool widens(int from, int to) {
  return to < 0 || (from >= 0 && to >= from);
}

bool is_timestamp(const type_name& t) {
  return t.name == "timestamp" || t.name == "timestamptz" || t.name == "time" || t.name == "timetz";
}

// Precision that was not given is the highest, 6.
int precision_of(const type_name& t) {
  return t.modifiers.empty() ? 6 : t.modifiers.back();
}

// The modifiers of an interval are its fields (HOUR, DAY TO SECOND), a mask, and the precision of
// its seconds. Other fields are taken for a loss, since which of two masks is wider is not told.
bool interval_widens(const type_name& from, const type_name& to) {
  constexpr int all_fields = 32767;
  constexpr int precision_max = 6;
  const auto fields = [](const type_name& t) {
    return t.modifiers.empty() ? all_fields : t.modifiers[0];
  };
  const auto precision = [](const type_name& t) {
    return t.modifiers.size() < 2 ? precision_max : t.modifiers[1];
  };
  if (fields(to) == all_fields && precision(to) >= precision_max) return true;
  return fields(from) == fields(to) && precision(to) >= precision(from);
}

bool numeric_widens(const type_name& from, const type_name& to) {
  if (to.modifiers.empty()) return true;
  if (from.modifiers.empty()) return false;
  const int from_scale = from.modifiers.size() > 1 ? from.modifiers[1] : 0;
  const int to_scale = to.modifiers.size() > 1 ? to.modifiers[1] : 0;
  return from_scale == to_scale && to.modifiers[0] >= from.modifiers[0];
}

// By the text alone (what was measured is in the table of the rule's page).
verdict judge(const type_name& from, const type_name& to) {
  if (from == to) return verdict::nothing;
  if (from.array || to.array) return verdict::rewrite;
  if (is_text(from) && is_text(to)) {
    return widens(length_of(from), length_of(to)) ? verdict::nothing : verdict::rewrite;
  }
  if (from.name == to.name) {
    if (from.name == "numeric") {
      return numeric_widens(from, to) ? verdict::nothing : verdict::rewrite;
    }
    if (from.name == "varbit") {
      return widens(length_of(from), length_of(to)) ? verdict::nothing : verdict::rewrite;
    }
    if (from.name == "interval") {
      return interval_widens(from, to) ? verdict::nothing : verdict::rewrite;
    }
    if (is_timestamp(from)) {
      return precision_of(to) >= precision_of(from) ? verdict::nothing : verdict::rewrite;
    }
    return verdict::rewrite;
  }
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> same_bytes{
      {{"cidr", "inet"},
       {"bit", "varbit"},
       {"xml", "text"},
       {"int4", "oid"},
       {"oid", "int4"},
       {"xml", "varchar"}}};
  const auto pair = std::pair<std::string_view, std::string_view>(from.name, to.name);
  const bool same = std::find(same_bytes.begin(), same_bytes.end(), pair) != same_bytes.end();
  if (same && to.modifiers.empty()) return verdict::nothing;
  // Without a rewrite only where the session's TimeZone is UTC.
  return verdict::rewrite;
}

bool is_narrower(const type_name& from, const type_name& to) {
  constexpr std::array<std::string_view, 7> numbers{"int2",   "int4",   "int8",   "numeric",
                                                    "float4", "float8", "numeric"};
  const auto rank = [&](const type_name& t) {
    return std::find(numbers.begin(), numbers.end(), t.name) - numbers.begin();
  };
  if (is_text(from) && (is_text(to) || to.name == "bpchar")) {
    return length_of(to) >= 0 && !widens(length_of(from), length_of(to));
  }
  if (from.name == "numeric" && to.name == "numeric") return !numeric_widens(from, to);
  if (from.name == "interval" && to.name == "interval") return !interval_widens(from, to);
  if (from.name == to.name && is_timestamp(from)) return precision_of(to) < precision_of(from);
  const bool integers = rank(from) < 4 && rank(to) < 4;
  if (integers) return rank(to) < rank(from);
  if (from.name == "float8" && to.name == "float4") return true;
  if (from.name.starts_with("float") && rank(to) < 3) return true;
  return (from.name == "timestamptz" || from.name == "timestamp") && to.name == "date";
}

// The casts of USING c, c::t or c::t::u, innermost first; none without USING. nullopt: something
// else than a cast is computed.
std::optional<std::vector<type_name>> casts_of(const node& using_expression,
                                               const std::string& column) {
  std::vector<type_name> casts;
  if (!using_expression.is_object()) return casts;
  const node* expression = &using_expression;
  while (const node* cast = sql::as(*expression, "TypeCast")) {
    casts.insert(casts.begin(), type_of(part(*cast, "typeName")));
    expression = &part(*cast, "arg");
  }
  const node* read = sql::as(*expression, "ColumnRef");
  if (read == nullptr) return std::nullopt;
  const std::vector<std::string> fields = names(*read, "fields");
  if (fields.empty() || fields.back() != column) return std::nullopt;
  return casts;
}

class type_change {
 public:
  type_change(context& c, const unit& u, const alteration& a)
      : c_(c),
        u_(u),
        a_(a),
        name_(text(*a.command, "name")),
        on_(as_sql(a.on)),
        def_(part(part(*a.command, "def"), "ColumnDef")),
        to_(type_of(part(def_, "typeName"))),
        before_(a.known == nullptr ? nullptr : a.known->find_column(name_)) {}

  void check() {
    if (c_.is_new(a_.on)) return;
    if (before_ != nullptr && is_narrower(before_->type, to_)) {
      tell("L75", {fmt::format("{} of {} gets narrower, {} to {}: a value that does not fit fails "
                               "or is cut",
                               as_sql(name_), on_, to_string(before_->type), to_string(to_)),
                   {},
                   "look for values that do not fit before this runs"});
    }
    check_values();
    check_dependents();
    check_storage();
  }

 private:
  void tell(std::string_view id, wording says) { c_.tell(u_, id, a_.at, std::move(says)); }

  verdict by_text() const {
    const auto casts = casts_of(part(def_, "raw_default"), name_);
    if (!casts) return verdict::rewrite;
    if (before_ == nullptr) return verdict::unknown;
    const user_type* domain = c_.known.find_type(before_->type);
    const bool was_domain = domain != nullptr && domain->kind == type_kind::domain;
    type_name from = was_domain ? domain->base : before_->type;
    // Every cast on the way is applied to the values, so each must leave them as they are.
    for (const type_name& next : *casts) {
      if (judge(from, next) != verdict::nothing) return verdict::rewrite;
      from = next;
    }
    return judge(from, to_);
  }

  // What the command does to an empty copy of the table, where there is a database.
  std::optional<std::string> by_shadow() {
    if (before_ == nullptr || a_.known->made_in != before_all_files || !u_.exact) {
      return std::nullopt;
    }
    return c_.ask({question_kind::shadow, on_, std::string(c_.text_of(a_.text))});
  }

  void check_storage() {
    if (!c_.matters(a_.on)) return;
    const auto shadow = by_shadow();
    const verdict text_says = by_text();
    if (shadow ? *shadow == shadow_answer::rewrite : text_says != verdict::nothing) {
      const std::string from =
          before_ == nullptr ? " to " : fmt::format(" from {} to ", to_string(before_->type));
      if (joins_rewrite()) return;
      const bool is_known = shadow || text_says != verdict::unknown;
      tell("L05",
           {fmt::format("changing {} of {}{}{} rewrites the table and its indexes{}", as_sql(name_),
                        on_, from, to_string(to_),
                        is_known ? "" : ", unless the old type is stored the same way"),
            locks_out_all(a_.on, "while the table and its indexes are rewritten"),
            "a new column that a trigger keeps, batches to copy, then a swap of names in one "
            "short transaction (P7)"});
      return;
    }
    check_indexes(shadow == shadow_answer::indexes);
    check_checks();
  }

  // One ALTER TABLE rewrites the table once, however many of its columns change.
  bool joins_rewrite() {
    const auto first = std::find_if(c_.told.begin(), c_.told.end(), [&](const draft& d) {
      return d.statement == u_.number && d.what.of->id == "L05";
    });
    if (first == c_.told.end() || u_.in_code) return false;
    first->what.says.message += fmt::format("; {} to {} with it", as_sql(name_), to_string(to_));
    return true;
  }

  void check_indexes(bool shadow_rebuilds) {
    if (a_.known == nullptr) return;
    if (before_ != nullptr && before_->type == to_) return;
    for (const index& i : a_.known->indexes) {
      const bool by_definition = holds(i.reads, name_);
      if (!by_definition && !(shadow_rebuilds && holds(i.columns, name_))) continue;
      tell("L06", {fmt::format("index {} of {} is built again, since it contains {}",
                               as_sql(i.name), on_, as_sql(name_)),
                   locks_out_all(a_.on, "while the index is built"),
                   "drop the index CONCURRENTLY, change the type, build it CONCURRENTLY (P2)"});
    }
  }

  void check_checks() {
    if (a_.known == nullptr || (before_ != nullptr && before_->type == to_)) return;
    for (const constraint& k : a_.known->constraints) {
      if (k.kind != constraint_kind::check || !holds(k.reads, name_)) continue;
      tell("L07", {fmt::format("CHECK {} mentions {}, so all of {} is read again", as_sql(k.name),
                               as_sql(name_), on_),
                   locks_out_all(a_.on, "for the whole scan"),
                   "drop the CHECK, change the type, add it NOT VALID and validate it (P3)"});
    }
  }

  void check_dependents() {
    if (a_.known == nullptr) return;
    std::vector<std::string> in_the_way;
    for (const dependent& d : c_.known.dependents) {
      if (d.table_key == key_of(a_.on) && (d.column == name_ || d.column == "*")) {
        in_the_way.push_back(d.what);
      }
    }
    for (const trigger& t : a_.known->triggers) {
      if (holds(t.columns, name_)) in_the_way.push_back(fmt::format("trigger {}", as_sql(t.name)));
    }
    for (const column& other : a_.known->columns) {
      if (holds(other.generated_from, name_)) {
        in_the_way.push_back(fmt::format("generated column {}", as_sql(other.name)));
      }
    }
    for (const std::string& what : in_the_way) {
      tell("L08",
           {fmt::format("{} uses {} of {}, so PostgreSQL refuses the type change", what,
                        as_sql(name_), on_),
            {},
            fmt::format("drop {} before and make it again after, in one transaction", what)});
    }
  }

  // Text or an old enum to an enum whose values are known: rows may hold others.
  void check_values() {
    const user_type* type = c_.known.find_type(to_);
    if (type == nullptr || type->kind != type_kind::enumeration || to_.array) return;
    if (before_ == nullptr || before_->type.array || type->values.empty()) return;
    // A USING that computes may map the values; only a cast by way of text keeps them.
    const auto casts = casts_of(part(def_, "raw_default"), name_);
    const bool keeps =
        casts && std::all_of(casts->begin(), casts->end(), [&](const type_name& cast) {
          return cast == to_ || (is_text(cast) && cast.modifiers.empty() && !cast.array);
        });
    if (!keeps || !c_.holds_todays_data(a_.on, {name_})) return;
    std::string list;
    for (const std::string& value : type->values) {
      std::string literal;
      for (const char letter : value) literal += letter == '\'' ? "''" : std::string(1, letter);
      list += fmt::format("{}'{}'", list.empty() ? "" : ", ", literal);
    }
    const std::string query = fmt::format(
        "SELECT EXISTS (SELECT FROM {} WHERE {}::text NOT IN ({}))", on_, as_sql(name_), list);
    if (!c_.holds_true(query)) return;
    tell("L74", {fmt::format("{} of {} holds values that enum {} has not, so this fails",
                             as_sql(name_), on_, to_string(to_)),
                 {},
                 "change those rows by a job first"});
  }

  context& c_;
  const unit& u_;
  const alteration& a_;
  std::string name_;
  std::string on_;
  const node& def_;
  type_name to_;
  const column* before_;
};

}  // namespace

void check_type_change(context& c, const unit& u, const alteration& a) {
  type_change(c, u, a).check();
}

}  // namespace pawl::lint
