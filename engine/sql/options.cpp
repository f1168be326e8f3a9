#include "sql/options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <span>
#include <utility>

#include "spelling.hpp"
#include "sql/identifier.hpp"
#include "sql/limits.hpp"
#include "sql/parse_tree.hpp"

namespace pawl::sql {
namespace {

using words = std::vector<directive_word>;

error bad(const source& in, std::size_t at, std::string message, std::string hint) {
  return in.fault(errc::bad_directive, at, std::move(message), std::move(hint));
}

std::optional<error> unknown_word(const source& in, const directive& d, const directive_word& w,
                                  std::span<const std::string_view> keys) {
  const auto known = std::find(keys.begin(), keys.end(), w.key);
  if (known == keys.end()) {
    return bad(in, w.begin, fmt::format("directive `{}` has no `{}`", d.name, w.key),
               keys.empty() ? "Delete the word." : suggestion(w.key, keys));
  }
  if (!w.value) {
    return bad(in, w.begin, fmt::format("`{}` of directive `{}` has no value", w.key, d.name),
               fmt::format("Write `{}=` and the value.", w.key));
  }
  const auto same_key = [&](const directive_word& other) { return other.key == w.key; };
  if (&*std::find_if(d.words.begin(), d.words.end(), same_key) != &w) {
    return bad(in, w.begin, fmt::format("`{}` is given twice", w.key), "Keep one of the two.");
  }
  return std::nullopt;
}

error said_twice(const source& in, const directive& d) {
  return bad(in, d.begin, fmt::format("directive `{}` is given twice", d.name),
             "Keep one of the two lines.");
}

struct unit {
  std::string_view name;
  std::int64_t factor;
};

// A positive whole number with one of the units.
std::optional<std::int64_t> read_number(std::string_view text, std::span<const unit> units) {
  std::int64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view name = text.substr(static_cast<std::size_t>(end - text.data()));
  const auto found =
      std::find_if(units.begin(), units.end(), [&](const unit& u) { return u.name == name; });
  if (failure != std::errc() || number <= 0 || found == units.end() ||
      number > std::numeric_limits<std::int64_t>::max() / found->factor) {
    return std::nullopt;
  }
  return number * found->factor;
}

constexpr std::array<unit, 4> row_units = {
    {{"", 1}, {"k", 1000}, {"M", 1000000}, {"G", 1000000000}}};
constexpr std::array<unit, 3> time_units = {{{"ms", 1}, {"s", 1000}, {"min", 60000}}};

std::optional<error> add_label(const source& in, const directive_word& w, batch_directive& to) {
  const bool fits = !w.key.empty() && w.key.size() <= name_bytes_max &&
                    std::all_of(w.key.begin(), w.key.end(), is_label_character);
  if (!fits) {
    return bad(in, w.begin, fmt::format("`{}` cannot be a label", w.key),
               fmt::format("Use 1 to {} letters, digits, `_`, `.` and `-`.", name_bytes_max));
  }
  to.label = w.key;
  return std::nullopt;
}

std::optional<error> add_table(const source& in, const directive_word& w, batch_directive& to) {
  const auto names = read_names(*w.value);
  if (!names || names->size() != 1 || names->front().parts.size() > 2) {
    return bad(in, w.begin, fmt::format("`{}` is no table name", *w.value),
               "Write table=schema.name as in SQL, with double quotes where SQL needs them.");
  }
  const auto& parts = names->front().parts;
  to.table = relation_name{parts.size() == 2 ? parts.front() : "", parts.back()};
  return std::nullopt;
}

std::optional<error> add_key(const source& in, const directive_word& w, batch_directive& to) {
  const auto names = read_names(*w.value);
  if (!names) {
    return bad(in, w.begin, fmt::format("`{}` is no list of columns", *w.value),
               "Write key=a,b as in SQL, with double quotes where SQL needs them.");
  }
  for (const written_name& name : *names) {
    if (std::find(to.key.begin(), to.key.end(), name.parts.back()) != to.key.end()) {
      return bad(in, w.begin, fmt::format("key column `{}` is given twice", name.parts.back()),
                 "Name each column of the key once.");
    }
    to.key.push_back(name.parts.back());
    to.key_text.push_back(name.text);
  }
  return std::nullopt;
}

std::optional<error> add_batch(const source& in, const directive& d, options& to) {
  static constexpr std::array<std::string_view, 2> keys = {"table", "key"};
  if (to.batch) return said_twice(in, d);
  batch_directive read;
  read.begin = d.begin;
  for (const directive_word& w : d.words) {
    std::optional<error> failed;
    if (!w.value && &w == &d.words.front() &&
        std::find(keys.begin(), keys.end(), w.key) == keys.end()) {
      failed = add_label(in, w, read);
    } else if (auto unknown = unknown_word(in, d, w, keys)) {
      failed = std::move(unknown);
    } else {
      failed = w.key == "table" ? add_table(in, w, read) : add_key(in, w, read);
    }
    if (failed) return failed;
  }
  to.batch = std::move(read);
  return std::nullopt;
}

std::optional<error> add_guard(const source& in, const directive& d, options& to) {
  static constexpr std::array<std::string_view, 1> keys = {"max-rows"};
  if (to.max_rows) return said_twice(in, d);
  for (const directive_word& w : d.words) {
    if (auto unknown = unknown_word(in, d, w, keys)) return unknown;
    to.max_rows = read_number(*w.value, row_units);
    if (!to.max_rows) {
      return bad(in, w.begin, fmt::format("`{}` is no number of rows", *w.value),
                 "Write a whole number above 0, as in max-rows=1000000 or max-rows=500k.");
    }
  }
  if (!to.max_rows) {
    return bad(in, d.begin, "directive `guard` guards nothing",
               "Write `-- pawl:guard max-rows=N`.");
  }
  return std::nullopt;
}

std::optional<error> add_timeout(const source& in, const directive& d, options& to) {
  static constexpr std::array<std::string_view, 2> keys = {"lock", "statement"};
  if (d.words.empty()) {
    return bad(in, d.begin, "directive `timeout` limits nothing",
               "Write `-- pawl:timeout lock=2s statement=1min`, or one of the two.");
  }
  for (const directive_word& w : d.words) {
    if (auto unknown = unknown_word(in, d, w, keys)) return unknown;
    auto& limit = w.key == "lock" ? to.lock_timeout : to.statement_timeout;
    if (limit) return said_twice(in, d);
    const auto milliseconds = read_number(*w.value, time_units);
    if (!milliseconds || *milliseconds > std::numeric_limits<std::int32_t>::max()) {
      return bad(in, w.begin, fmt::format("`{}` is no time that a timeout can have", *w.value),
                 "Write a whole number above 0 with its unit: 500ms, 2s or 1min.");
    }
    limit = std::chrono::milliseconds(*milliseconds);
  }
  return std::nullopt;
}

struct refused_setting {
  std::string_view name;
  std::string_view hint;
};

constexpr std::string_view of_protocol = "Delete the line; pawl sets it for its protocol.";
constexpr std::array<refused_setting, 9> refused_settings = {{
    {"transaction_isolation", of_protocol},
    {"transaction_read_only", of_protocol},
    {"transaction_deferrable", of_protocol},
    {"lock_timeout", "Write `-- pawl:timeout lock=2s` with the time you want."},
    {"statement_timeout", "Write `-- pawl:timeout statement=1min` with the time you want."},
    {"idle_in_transaction_session_timeout", of_protocol},
    {"client_encoding", "Delete the line; a job file is UTF-8."},
    {"row_security", "Delete the line; pawl refuses a target whose rows a policy would hide."},
    {"session_authorization", "Write `-- pawl:set role=NAME`, or connect as that role."},
}};

bool is_setting_name(std::string_view name) {
  bool part_begins = true;
  for (const char c : name) {
    const bool digit = c >= '0' && c <= '9';
    const bool letter = (c >= 'a' && c <= 'z') || c == '_';
    if (part_begins ? !letter : !(letter || digit || c == '.')) return false;
    part_begins = c == '.';
  }
  return !part_begins;
}

std::optional<error> add_setting(const source& in, const directive& d, options& to) {
  if (d.words.size() != 1 || !d.words.front().value) {
    return bad(in, d.begin, "directive `set` does not hold one NAME=VALUE",
               "Write `-- pawl:set NAME=VALUE`, and a line of its own for each further setting.");
  }
  const directive_word& w = d.words.front();
  setting read{lower_case(w.key), *w.value};
  if (!is_setting_name(read.name)) {
    return bad(in, w.begin, fmt::format("`{}` is no name of a setting", w.key),
               "Write it as SHOW takes it, as in work_mem or app.user_id.");
  }
  for (const refused_setting& refused : refused_settings) {
    if (read.name == refused.name) {
      return bad(in, w.begin, fmt::format("`{}` cannot be set by a job", read.name),
                 std::string(refused.hint));
    }
  }
  for (const setting& other : to.settings) {
    if (other.name == read.name) {
      return bad(in, w.begin, fmt::format("`{}` is set twice", read.name), "Keep one of the two.");
    }
  }
  to.settings.push_back(std::move(read));
  return std::nullopt;
}

// `tree` is of "SELECT 1, expression", where the second place takes no DISTINCT or ALL: a bare
// expression, with nothing behind it that would read rows.
bool is_one_expression(const node& tree) {
  const node* select = as(tree, "SelectStmt");
  if (select == nullptr) return false;
  for (const auto& [key, value] : select->items()) {
    if (key != "targetList" && key != "limitOption" && key != "op") return false;
  }
  const node* list = member(*select, "targetList");
  if (list == nullptr || list->size() != 2) return false;
  const node* target = as(list->back(), "ResTarget");
  const auto is_star = [](const node& object) { return object.contains("A_Star"); };
  return target != nullptr && !target->contains("name") && !any_object(*target, is_star);
}

std::optional<error> add_pending(const source& in, const directive& d, options& to) {
  if (to.pending) return said_twice(in, d);
  const std::string_view rest =
      std::string_view(in.text).substr(d.rest.begin, d.rest.end - d.rest.begin);
  const std::string hint = "Write one SQL condition that is false for a changed row.";
  slice found{rest.size(), 0};
  const auto tokens = scan_text(rest);
  if (!tokens) return bad(in, d.begin, "the condition of `pending` cannot be read", hint);
  for (const token& t : *tokens) {
    if (t.kind == token_kind::param || t.kind == token_kind::semicolon) {
      return bad(in, d.rest.begin + t.at.begin, "`pending` is no single condition", hint);
    }
    if (t.is_comment()) continue;
    found = {std::min(found.begin, t.at.begin), t.at.end};
  }
  if (found.end == 0) return bad(in, d.begin, "directive `pending` has no condition", hint);

  source question{in.file, "SELECT 1, "};
  const std::size_t prefix = question.text.size();
  question.text += rest.substr(found.begin, found.end - found.begin);
  const auto tree = parse_statement(question, {0, question.text.size()});
  if (!tree || !is_one_expression(tree->statement)) {
    const std::string why = tree ? "`pending` is no single condition" : tree.error().message;
    const int column = tree ? 1 : tree.error().where.column - static_cast<int>(prefix);
    const std::size_t within = offset_of_character(rest.substr(found.begin), std::max(column, 1));
    return bad(in, d.rest.begin + found.begin + within, why, hint);
  }
  to.pending = question.text.substr(prefix);
  return std::nullopt;
}

}  // namespace

bool binds_to_file(const directive& d) {
  return d.name == "set" || d.name == "guard" || d.name == "timeout";
}

std::optional<error> add_directive(const source& in, const directive& d, options& to) {
  if (d.name == "batch") return add_batch(in, d, to);
  if (d.name == "guard") return add_guard(in, d, to);
  if (d.name == "timeout") return add_timeout(in, d, to);
  if (d.name == "set") return add_setting(in, d, to);
  if (d.name == "pending") return add_pending(in, d, to);
  if (d.name != "verify") return std::nullopt;
  if (to.verify) return said_twice(in, d);
  if (!d.words.empty()) return unknown_word(in, d, d.words.front(), {});
  to.verify = d.begin;
  return std::nullopt;
}

options overlay(options of_file, options own) {
  for (const setting& s : own.settings) {
    std::erase_if(of_file.settings, [&](const setting& other) { return other.name == s.name; });
  }
  own.settings.insert(own.settings.begin(), of_file.settings.begin(), of_file.settings.end());
  if (!own.max_rows) own.max_rows = of_file.max_rows;
  if (!own.lock_timeout) own.lock_timeout = of_file.lock_timeout;
  if (!own.statement_timeout) own.statement_timeout = of_file.statement_timeout;
  return own;
}

}  // namespace pawl::sql
