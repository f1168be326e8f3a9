#include "config/document.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>

#include "config/tree.hpp"
#include "spelling.hpp"

namespace pawl::config {
namespace {

using failure = std::optional<error>;

constexpr std::array<std::string_view, 5> tables = {"connection", "profile", "run", "job", "check"};
constexpr std::array<std::string_view, 3> connection_keys = {"url", "env", "env-file"};
constexpr std::array<std::string_view, 3> check_keys = {"severity", "fail-on", "naming"};
constexpr std::array<std::string_view, 2> naming_keys = {"patterns", "vague-names"};
constexpr std::array<std::string_view, 4> severities = {"off", "info", "warning", "error"};

std::array<std::string_view, settings.size()> setting_keys() {
  std::array<std::string_view, settings.size()> keys;
  std::transform(settings.begin(), settings.end(), keys.begin(),
                 [](const setting& s) { return s.key; });
  return keys;
}

error fault(const place& where, std::string message, std::string hint) {
  error e;
  e.code = errc::bad_config;
  e.message = std::move(message);
  e.hint = std::move(hint);
  e.where = where;
  return e;
}

std::string origin_of(const place& where) {
  return fmt::format("{}:{}", where.file, where.line);
}

error unknown_key(const member& m, std::string_view table,
                  std::span<const std::string_view> known) {
  const bool is_table = m.to.what == value::kind::table;
  const std::string inside = table.empty() ? "" : fmt::format(" in [{}]", table);
  return fault(m.where, fmt::format("unknown {} `{}`{}", is_table ? "table" : "key", m.key, inside),
               suggestion(m.key, known));
}

error wrong_type(const place& where, std::string_view key, std::string_view wanted,
                 std::string_view example) {
  return fault(where, fmt::format("`{}` takes {}", key, wanted),
               fmt::format("Write it as {}.", example));
}

failure table_only(const member& m, std::string_view what) {
  if (m.to.what == value::kind::table) return std::nullopt;
  return fault(m.to.where, fmt::format("`{}` is a table", m.key),
               fmt::format("Write {} on a line of its own, and its keys below.", what));
}

failure read_text(const member& m, std::string_view example, std::optional<text_value>& to) {
  if (m.to.what != value::kind::text || m.to.text.empty()) {
    return wrong_type(m.to.where, m.key, "text in quotes", example);
  }
  to = text_value{m.to.text, origin_of(m.where)};
  return std::nullopt;
}

bool is_variable_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

failure read_connection(const member& table, std::string_view name, connection& to) {
  if (auto failed = table_only(table, fmt::format("[{}]", name))) return failed;
  for (const member& m : table.to.members) {
    failure failed;
    if (m.key == "url") {
      failed = read_text(m, "url = \"postgresql://user@host/database\"", to.url);
    } else if (m.key == "env") {
      failed = read_text(m, "env = \"DATABASE_URL\"", to.variable);
      if (!failed && !is_variable_name(to.variable->text)) {
        failed = fault(m.to.where, "`env` takes the name of a variable",
                       "Write env = \"NAME\", or url = for a connection string.");
      }
    } else if (m.key == "env-file") {
      failed = read_text(m, "env-file = \".env.staging\"", to.env_file);
    } else {
      failed = unknown_key(m, name, connection_keys);
    }
    if (failed) return failed;
    if (to.url && to.variable) {
      return fault(m.where, fmt::format("[{}] has both `url` and `env`", name),
                   "Keep the one that says where to connect.");
    }
  }
  return std::nullopt;
}

std::string example_of(const setting& s) {
  switch (s.kind) {
    case setting_kind::count:
      return fmt::format("{} = 4", s.key);
    case setting_kind::rows:
      return fmt::format("{} = 1000", s.key);
    case setting_kind::rows_or_auto:
      return fmt::format("{} = 1000, or {} = \"auto\"", s.key, s.key);
    case setting_kind::stripes:
      return fmt::format("{} = 16, or {} = \"auto\"", s.key, s.key);
    case setting_kind::duration:
      break;
  }
  return fmt::format("{} = \"30s\"", s.key);
}

failure read_setting(const member& m, const setting& s, std::optional<chosen>& to) {
  const bool is_text = m.to.what == value::kind::text;
  const bool is_number = m.to.what == value::kind::number;
  // A number in quotes is a slip, and so is a duration without its unit.
  const bool wants_text =
      s.kind == setting_kind::duration || (may_be_auto(s) && m.to.text == "auto");
  std::optional<std::int64_t> read;
  if (is_text && wants_text) read = read_value(s, m.to.text);
  if (is_number && s.kind != setting_kind::duration) {
    read = m.to.number > 0 ? read_value(s, std::to_string(m.to.number)) : std::nullopt;
  }
  if (!read) return wrong_type(m.to.where, m.key, expectation(s), example_of(s));
  to = chosen{*read, origin_of(m.where)};
  return std::nullopt;
}

failure read_settings(const member& table, std::string_view name, layer& to) {
  if (auto failed = table_only(table, fmt::format("[{}]", name))) return failed;
  for (const member& m : table.to.members) {
    const auto s = std::find_if(settings.begin(), settings.end(),
                                [&](const setting& known) { return known.key == m.key; });
    if (s == settings.end()) {
      error unknown = unknown_key(m, name, setting_keys());
      if (m.to.what == value::kind::table && name.starts_with("job.")) {
        unknown.hint = fmt::format("A name with a dot is written in quotes: [job.\"{}.{}\"].",
                                   table.key, m.key);
      }
      return unknown;
    }
    const auto which = static_cast<std::size_t>(s - settings.begin());
    if (auto failed = read_setting(m, *s, to[which])) return failed;
  }
  return std::nullopt;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// "L20", "S1", "N1".
bool is_rule_id(std::string_view id) {
  if (id.size() == 3) return id[0] == 'L' && is_digit(id[1]) && is_digit(id[2]);
  return id.size() == 2 && (id[0] == 'S' || id[0] == 'N') && is_digit(id[1]);
}

failure read_severity(const member& m, std::optional<severity>& to) {
  const auto known = std::find(severities.begin(), severities.end(), m.to.text);
  if (m.to.what != value::kind::text || known == severities.end()) {
    return fault(m.to.where,
                 fmt::format("`{}` takes \"off\", \"info\", \"warning\" or \"error\"", m.key),
                 m.to.what == value::kind::text ? suggestion(m.to.text, severities)
                                                : fmt::format("Write {} = \"warning\".", m.key));
  }
  to = static_cast<severity>(known - severities.begin());
  return std::nullopt;
}

failure read_severities(const member& table, document& to) {
  if (auto failed = table_only(table, "[check.severity]")) return failed;
  for (const member& m : table.to.members) {
    if (!is_rule_id(m.key)) {
      return fault(m.where, fmt::format("`{}` is no rule of pawl check", m.key),
                   "A rule is named by its letter and number, as in L20 = \"off\".");
    }
    std::optional<severity> read;
    if (auto failed = read_severity(m, read)) return failed;
    to.check.severities[m.key] = *read;
    to.check_origins["check.severity." + m.key] = origin_of(m.where);
  }
  return std::nullopt;
}

// Lower-case words and <fields>, joined by underscores.
bool is_pattern(std::string_view text) {
  bool in_field = false;
  char before = '\0';
  for (const char c : text) {
    const bool is_word = (c >= 'a' && c <= 'z') || is_digit(c) || c == '_';
    const bool opens = c == '<' && !in_field && before != '>';
    const bool closes = c == '>' && in_field && before != '<';
    if (!is_word && !opens && !closes) return false;
    if (opens || closes) in_field = opens;
    before = c;
  }
  return !text.empty() && !in_field;
}

failure read_patterns(const member& m, check_settings& to) {
  constexpr std::string_view example = "patterns = [\"add_<field>_to_<table>\"]";
  if (m.to.what != value::kind::list) {
    return wrong_type(m.to.where, m.key, "a list of text", example);
  }
  for (const value& item : m.to.items) {
    if (item.what != value::kind::text) {
      return wrong_type(item.where, m.key, "a list of text", example);
    }
    if (!is_pattern(item.text)) {
      return fault(item.where, fmt::format("\"{}\" is no pattern of names", item.text),
                   "Use lower-case letters, digits, `_` and fields such as <table>.");
    }
    to.patterns.push_back(item.text);
  }
  return std::nullopt;
}

failure read_naming(const member& table, document& to) {
  if (auto failed = table_only(table, "[check.naming]")) return failed;
  for (const member& m : table.to.members) {
    failure failed;
    if (m.key == "patterns") {
      failed = read_patterns(m, to.check);
    } else if (m.key != "vague-names") {
      failed = unknown_key(m, "check.naming", naming_keys);
    } else if (m.to.what != value::kind::truth) {
      failed = wrong_type(m.to.where, m.key, "true or false", "vague-names = true");
    } else {
      to.check.vague_names = m.to.number != 0;
    }
    if (failed) return failed;
    to.check_origins["check.naming." + m.key] = origin_of(m.where);
  }
  return std::nullopt;
}

failure read_check(const member& table, document& to) {
  if (auto failed = table_only(table, "[check]")) return failed;
  for (const member& m : table.to.members) {
    failure failed;
    if (m.key == "severity") {
      failed = read_severities(m, to);
    } else if (m.key == "naming") {
      failed = read_naming(m, to);
    } else if (m.key == "fail-on") {
      failed = read_severity(m, to.check.fail_on);
      if (!failed && to.check.fail_on == severity::off) {
        failed = fault(m.to.where, "`fail-on` cannot be \"off\"",
                       "Write the least severity that fails the check, as in \"error\".");
      }
      to.check_origins["check.fail-on"] = origin_of(m.where);
    } else {
      failed = unknown_key(m, "check", check_keys);
    }
    if (failed) return failed;
  }
  return std::nullopt;
}

failure read_profiles(const member& table, document& to) {
  if (auto failed = table_only(table, "[profile.NAME]")) return failed;
  for (const member& m : table.to.members) {
    connection& profile = to.profiles[m.key];
    if (auto failed = read_connection(m, "profile." + m.key, profile)) return failed;
    if (!profile.url && !profile.variable && !profile.env_file) {
      return fault(m.where, fmt::format("[profile.{}] does not say where to connect", m.key),
                   "Give it a `url`, an `env` or an `env-file`.");
    }
  }
  return std::nullopt;
}

failure read_jobs(const member& table, document& to) {
  if (auto failed = table_only(table, "[job.NAME]")) return failed;
  for (const member& m : table.to.members) {
    if (auto failed = read_settings(m, "job." + m.key, to.jobs[m.key])) return failed;
  }
  return std::nullopt;
}

failure read_table(const member& m, document& to) {
  if (m.key == "connection") return read_connection(m, m.key, to.connection);
  if (m.key == "profile") return read_profiles(m, to);
  if (m.key == "run") return read_settings(m, m.key, to.run);
  if (m.key == "job") return read_jobs(m, to);
  if (m.key == "check") return read_check(m, to);
  return unknown_key(m, "", tables);
}

}  // namespace

result<document> read_document(std::string_view file, std::string_view bytes) {
  const auto root = read_tree(file, bytes);
  if (!root) return root.error();
  document read;
  read.file = file;
  for (const member& m : root->members) {
    if (auto failed = read_table(m, read)) return std::move(*failed);
  }
  return read;
}

std::vector<std::string> accepted_keys() {
  std::vector<std::string> keys;
  const auto add = [&](std::string_view table, std::span<const std::string_view> names) {
    for (const std::string_view name : names) keys.push_back(fmt::format("{}.{}", table, name));
  };
  add("connection", connection_keys);
  add("profile.NAME", connection_keys);
  add("run", setting_keys());
  add("job.NAME", setting_keys());
  keys.emplace_back("check.severity.RULE");
  keys.emplace_back("check.fail-on");
  add("check.naming", naming_keys);
  return keys;
}

}  // namespace pawl::config
