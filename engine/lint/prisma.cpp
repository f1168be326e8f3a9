// The warnings that Prisma writes above its statements. They state what only the data can tell, so
// they stand in for a database where there is none.
#include <algorithm>
#include <utility>

#include "lint/rules.hpp"

namespace pawl::lint {
namespace {

// What stands in the next pair of backquotes; moves behind it.
std::string next_quoted(std::string_view& rest) {
  const std::size_t open = rest.find('`');
  if (open == std::string_view::npos) return {};
  const std::size_t close = rest.find('`', open + 1);
  if (close == std::string_view::npos) return {};
  std::string found(rest.substr(open + 1, close - open - 1));
  rest.remove_prefix(close + 1);
  return found;
}

std::optional<stated_hazard> read_line(std::string_view line) {
  using kind = stated_hazard::kind;
  std::string_view rest = line;
  if (line.find("A unique constraint covering the columns") != line.npos) {
    std::string columns = next_quoted(rest);
    return stated_hazard{kind::duplicates, next_quoted(rest), std::move(columns),
                         std::string(line)};
  }
  // Two wordings: of when Prisma has looked at the data, and of when it has not.
  if (line.find("required, but there are existing NULL values") != line.npos ||
      line.find("required. This step will fail if there are existing NULL values") != line.npos) {
    std::string column = next_quoted(rest);
    return stated_hazard{kind::nulls, next_quoted(rest), std::move(column), std::string(line)};
  }
  if (line.find("The data in that column could be lost") != line.npos) {
    std::string column = next_quoted(rest);
    return stated_hazard{kind::cast, next_quoted(rest), std::move(column), std::string(line)};
  }
  return std::nullopt;
}

}  // namespace

std::vector<stated_hazard> stated_hazards(std::string_view comment) {
  std::vector<stated_hazard> found;
  if (comment.find("Warnings:") == std::string_view::npos) return found;
  for (std::size_t at = 0; at < comment.size();) {
    const std::size_t end = std::min(comment.find('\n', at), comment.size());
    std::string_view line = comment.substr(at, end - at);
    while (!line.empty() && (line.front() == ' ' || line.front() == '-')) line.remove_prefix(1);
    while (line.ends_with('\r') || line.ends_with(' ')) line.remove_suffix(1);
    if (auto hazard = read_line(line)) found.push_back(std::move(*hazard));
    at = end + 1;
  }
  return found;
}

namespace {

bool names_columns(const stated_hazard& h, const std::vector<std::string>& columns) {
  std::string list;
  for (const std::string& name : columns) list += (list.empty() ? "" : ",") + name;
  return h.subject == '[' + list + ']';
}

void tell_stated(context& c, const unit& u, std::string_view rule, std::size_t at,
                 const stated_hazard& h, std::string safe) {
  const bool told = std::any_of(c.told.begin(), c.told.end(), [&](const draft& d) {
    return d.offset == at && d.what.of->id == rule;
  });
  if (told) return;
  c.tell(u, rule, at, {"Prisma says: " + h.text, {}, std::move(safe)},
         rule == "L75" ? std::nullopt : std::optional(severity::info));
}

// A column that this file adds and does not fill: all of its values are NULL, and none the same.
bool holds_made_column(const context& c, const sql::relation_name& on,
                       const std::vector<std::string>& columns) {
  const table* known = std::as_const(c.known).find_table(on);
  if (known == nullptr || c.rows_of(on).changed) return false;
  return std::any_of(columns.begin(), columns.end(), [&](const std::string& name) {
    const column* made = known->find_column(name);
    return made != nullptr && made->made_in == c.file && !made->not_null;
  });
}

}  // namespace

void check_stated(context& c, const unit& u, const std::vector<stated_hazard>& all) {
  using kind = stated_hazard::kind;
  const sql::relation_name on = relation_of(part(*u.body, "relation"));
  if (c.is_new(on)) return;
  const std::vector<sql::slice> slices = u.kind == "AlterTableStmt"
                                             ? command_slices(c.in.text, *u.written)
                                             : std::vector<sql::slice>();
  for (const stated_hazard& h : all) {
    if (h.table != on.table) continue;
    const bool unique = u.kind == "IndexStmt" && flag(*u.body, "unique");
    if (h.what == kind::duplicates && unique && !c.known.from_database) {
      std::vector<std::string> columns;
      for (const node& item : part(*u.body, "indexParams")) {
        columns.push_back(text(part(item, "IndexElem"), "name"));
      }
      if (names_columns(h, columns) && !holds_made_column(c, on, columns)) {
        tell_stated(c, u, "L71", u.begin(), h, "look for duplicates first, or check with --db");
      }
    }
    const node& commands = part(*u.body, "cmds");
    for (std::size_t i = 0; i < commands.size() && i < slices.size(); ++i) {
      const node& command = part(commands[i], "AlterTableCmd");
      const std::string subtype = text(command, "subtype");
      if (text(command, "name") != h.subject) continue;
      if (h.what == kind::nulls && subtype == "AT_SetNotNull" && !c.known.from_database &&
          !c.rows_of(on).changed) {
        tell_stated(c, u, "L72", slices[i].begin, h, "look for NULLs first, or check with --db");
      }
      if (h.what == kind::cast && subtype == "AT_AlterColumnType") {
        tell_stated(c, u, "L75", slices[i].begin, h,
                    "look for values that do not fit before this runs");
      }
    }
  }
}

}  // namespace pawl::lint
