#include "lint/format.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>

namespace pawl::lint {
namespace {

using json = nlohmann::ordered_json;

constexpr int refused = 6;  // README, "Exit codes"

bool is_shown(const finding& f, detail shown) {
  if (shown == detail::full) return true;
  return f.level >= (shown == detail::quiet ? severity::warning : severity::rewritten);
}

std::string counted(std::size_t number, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", number, number == 1 ? one : many);
}

std::string summary(const report& r, detail shown) {
  std::string line = counted(r.files, "file", "files");
  std::string list;
  const auto add = [&](std::size_t number, std::string_view one, std::string_view many) {
    if (number > 0) list += (list.empty() ? ": " : ", ") + counted(number, one, many);
  };
  add(r.count(severity::error), "error", "errors");
  add(r.count(severity::warning), "warning", "warnings");
  add(r.count(severity::rewritten), "rewritten", "rewritten");
  line += list.empty() ? ", nothing to report" : list;
  const std::size_t remarks = r.count(severity::info);
  if (remarks > 0 && shown != detail::full) {
    line += fmt::format(" ({} with -v)", counted(remarks, "remark", "remarks"));
  }
  if (r.skipped > 0) line += fmt::format("; {} before that", counted(r.skipped, "file", "files"));
  return line + '\n';
}

// A name in quotes may hold line breaks, which would end the finding's line.
std::string on_one_line(std::string text) {
  for (char& c : text) {
    if (c == '\n' || c == '\r') c = ' ';
  }
  return text;
}

std::string text_of(const report& r, detail shown) {
  std::string out;
  for (const finding& f : r.findings) {
    if (!is_shown(f, shown)) continue;
    out += fmt::format("{}:{}:{}: {} {} {}: {}\n", f.where.file, f.where.line, f.where.column,
                       name_of(f.level), f.of->id, f.of->name, on_one_line(f.says.message));
    if (!f.says.lock.empty()) out += fmt::format("    lock  {}\n", on_one_line(f.says.lock));
    if (!f.says.safe.empty()) out += fmt::format("    safe  {}\n", on_one_line(f.says.safe));
  }
  return out + summary(r, shown);
}

std::string json_of(const report& r) {
  json all = json::array();
  for (const finding& f : r.findings) {
    json one;
    one["rule"] = f.of->id;
    one["name"] = f.of->name;
    one["severity"] = name_of(f.level);
    one["file"] = f.where.file;
    one["line"] = f.where.line;
    one["column"] = f.where.column;
    one["message"] = f.says.message;
    one["lock"] = f.says.lock;
    one["safe"] = f.says.safe;
    if (f.unreadable) one["unreadable"] = true;
    all.push_back(std::move(one));
  }
  json document;
  document["schema"] = "pawl.check/1";
  document["files"] = r.files;
  document["skipped"] = r.skipped;
  for (const severity level :
       {severity::error, severity::warning, severity::rewritten, severity::info}) {
    document["counts"][std::string(name_of(level))] = r.count(level);
  }
  document["findings"] = std::move(all);
  return document.dump(-1, ' ', false, json::error_handler_t::replace) + '\n';
}

std::string whole(const finding& f) {
  std::string message = f.says.message;
  if (!f.says.lock.empty()) message += "\nlock: " + f.says.lock;
  if (!f.says.safe.empty()) message += "\nsafe: " + f.says.safe;
  return message;
}

// Workflow commands end at a line break, their properties at commas and colons too.
std::string escaped(std::string_view text, bool property) {
  std::string out;
  for (const char c : text) {
    const bool special = c == '%' || c == '\n' || c == '\r' || (property && (c == ',' || c == ':'));
    out += special ? fmt::format("%{:02X}", static_cast<unsigned char>(c)) : std::string(1, c);
  }
  return out;
}

std::string github_of(const report& r, detail shown) {
  std::string out;
  for (const finding& f : r.findings) {
    if (!is_shown(f, shown)) continue;
    const std::string_view level = f.level == severity::error     ? "error"
                                   : f.level == severity::warning ? "warning"
                                                                  : "notice";
    out += fmt::format("::{} file={},line={},col={},title={}::{}\n", level,
                       escaped(f.where.file, true), f.where.line, f.where.column,
                       escaped(fmt::format("{} {}", f.of->id, f.of->name), true),
                       escaped(whole(f), false));
  }
  return out + summary(r, shown);
}

// FNV-1a: the same finding has the same fingerprint in the next run, also when lines move.
std::uint64_t fingerprint(std::string_view text) {
  std::uint64_t hash = 14695981039346656037U;
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  }
  return hash;
}

std::string gitlab_of(const report& r) {
  static const std::map<severity, std::string_view> levels{{severity::info, "info"},
                                                           {severity::rewritten, "minor"},
                                                           {severity::warning, "major"},
                                                           {severity::error, "critical"}};
  json all = json::array();
  std::map<std::string, int> seen;
  for (const finding& f : r.findings) {
    const std::string what = fmt::format("{}\n{}\n{}", f.of->id, f.where.file, f.says.message);
    const int times = seen[what]++;
    json one;
    one["description"] = whole(f);
    one["check_name"] = fmt::format("{} {}", f.of->id, f.of->name);
    one["fingerprint"] = fmt::format("{:016x}", fingerprint(fmt::format("{}\n{}", what, times)));
    one["severity"] = levels.at(f.level);
    one["location"]["path"] = f.where.file;
    one["location"]["lines"]["begin"] = f.where.line;
    all.push_back(std::move(one));
  }
  return all.dump(-1, ' ', false, json::error_handler_t::replace) + '\n';
}

std::string gcc_of(const report& r, detail shown) {
  std::string out;
  for (const finding& f : r.findings) {
    if (!is_shown(f, shown)) continue;
    const std::string_view level = f.level == severity::error     ? "error"
                                   : f.level == severity::warning ? "warning"
                                                                  : "note";
    out += fmt::format("{}:{}:{}: {}: {} [{}]\n", f.where.file, f.where.line, f.where.column, level,
                       on_one_line(f.says.message), f.of->id);
  }
  return out;
}

}  // namespace

std::string render(const report& r, format as, detail shown) {
  switch (as) {
    case format::text:
      return text_of(r, shown);
    case format::json:
      return json_of(r);
    case format::github:
      return github_of(r, shown);
    case format::gitlab:
      return gitlab_of(r);
    case format::gcc:
      return gcc_of(r, shown);
  }
  return {};
}

int exit_code_of(const report& r, severity fail_on) {
  bool failed = false;
  for (const finding& f : r.findings) {
    if (f.unreadable) return exit_code_of(errc::sql_syntax);
    failed = failed || f.level >= fail_on;
  }
  return failed ? refused : 0;
}

}  // namespace pawl::lint
