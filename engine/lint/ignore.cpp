#include "lint/ignore.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "spelling.hpp"
#include "sql/directive.hpp"
#include "sql/identifier.hpp"

namespace pawl::lint {
namespace {

constexpr std::string_view blanks = " \t\r\n\f\v";

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

// What stands behind `pawl:ignore`; nullopt for another comment.
std::optional<std::string_view> ignore_text(std::string_view comment) {
  std::string_view body = comment.substr(2);
  if (comment.starts_with("/*")) body.remove_suffix(2);
  const sql::comment_head head = sql::head_of(body);
  if (head.word != "pawl" || head.name != "ignore") return std::nullopt;
  const auto behind = static_cast<std::size_t>(head.name.data() - body.data()) + head.name.size();
  return trimmed(body.substr(behind));
}

std::size_t statement_of(const context& c, const sql::layout& divided, const sql::comment& at) {
  if (at.inside || at.of == 0) return at.of;
  const sql::slice& before = divided.statements[at.of - 1].text;
  const std::size_t from = before.end == 0 ? 0 : before.end - 1;
  const std::string_view between = c.text_of({from, at.at.at.begin});
  return between.find('\n') == std::string_view::npos ? at.of - 1 : at.of;
}

void tell_wrong(context& c, std::size_t statement, std::size_t offset, std::string message,
                std::string safe) {
  unit nowhere;
  nowhere.number = statement;
  c.tell(nowhere, "L97", offset, {std::move(message), {}, std::move(safe)});
}

std::string known_near(const std::string& id) {
  std::vector<std::string_view> ids;
  for (const rule& r : rules()) ids.push_back(r.id);
  const std::string_view near = nearest(id, ids);
  return near.empty() ? "docs/check.md lists the rules" : fmt::format("did you mean {}?", near);
}

bool is_id(std::string_view word) {
  return word.size() >= 2 && word.size() <= 3 && word[0] >= 'A' && word[0] <= 'Z' &&
         word.find_first_not_of("0123456789", 1) == std::string_view::npos;
}

std::vector<std::string> read_ids(std::string_view& rest) {
  std::vector<std::string> ids;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find_first_of(", \t\r\n"), rest.size());
    const std::string_view word = rest.substr(0, end);
    if (!ids.empty() && !is_id(word)) break;
    if (ids.empty() && word.empty()) break;
    ids.emplace_back(word);
    rest = trimmed(rest.substr(end));
    if (!rest.starts_with(',')) break;
    rest = trimmed(rest.substr(1));
  }
  return ids;
}

bool can_be_told(const context& c, std::string_view id, const options& chosen) {
  const rule* of = find_rule(id);
  const auto own = chosen.severities.find(id);
  const severity level = own == chosen.severities.end() ? of->by_default : own->second;
  if (level == severity::off) return false;
  // With and without a database a rule may tell different things; the same file serves both.
  if (of->facts == needs::database) return c.known.from_database;
  return of->facts == needs::text || !c.known.from_database;
}

}  // namespace

namespace {

// A comment that speaks to pawl, but not so that it is understood: nothing would be ignored.
void check_spelling(context& c, const sql::layout& divided, const sql::comment& found) {
  const std::string_view body = c.text_of(found.at.at).substr(2);
  const sql::comment_head head = sql::head_of(body);
  const bool marker = head.word == "pawl" && head.name == "range";
  if (head.word.empty() || marker) return;
  const auto behind = static_cast<std::size_t>(head.word.data() - body.data()) + head.word.size();
  const bool named = sql::lower_case(head.word) == "pawl" && body.substr(behind).starts_with(':');
  if (!named && !sql::is_misspelt_pawl(head.word, head.name)) return;
  const auto read = sql::read_directive(c.in, found);
  if (read.has_value()) return;
  const bool ignores = head.name.empty() && trimmed(body.substr(behind + 1)).starts_with("ignore");
  tell_wrong(c, statement_of(c, divided, found), found.at.at.begin, read.error().message,
             ignores ? "did you mean `-- pawl:ignore`, without a blank?" : read.error().hint);
}

}  // namespace

std::vector<ignore> read_ignores(context& c, const sql::layout& divided) {
  std::vector<ignore> all;
  for (const sql::comment& found : divided.comments) {
    const std::size_t at = found.at.at.begin;
    auto rest = ignore_text(c.text_of(found.at.at));
    if (!rest) {
      if (!c.is_job) check_spelling(c, divided, found);
      continue;
    }
    ignore made;
    made.offset = at;
    made.statement = statement_of(c, divided, found);
    made.ids = read_ids(*rest);
    if (made.ids.empty() || !is_id(made.ids.front())) {
      tell_wrong(c, made.statement, at, "the ignore names no rule",
                 "-- pawl:ignore L20,L21 and the reason");
      continue;
    }
    if (const std::size_t end = std::min(rest->find_first_of(blanks), rest->size());
        is_id(rest->substr(0, end))) {
      tell_wrong(c, made.statement, at, "the rules of an ignore are separated by commas",
                 fmt::format("-- pawl:ignore {},{} and the reason", made.ids.back(),
                             rest->substr(0, end)));
      continue;
    }
    if (rest->empty()) {
      tell_wrong(c, made.statement, at, "the ignore gives no reason",
                 fmt::format("-- pawl:ignore {} and why it is fine here", made.ids.front()));
      continue;
    }
    const auto unknown = std::find_if(made.ids.begin(), made.ids.end(), [](const std::string& id) {
      return find_rule(id) == nullptr;
    });
    if (unknown != made.ids.end()) {
      tell_wrong(c, made.statement, at, fmt::format("there is no rule {}", *unknown),
                 known_near(*unknown));
      continue;
    }
    made.used.resize(made.ids.size());
    all.push_back(std::move(made));
  }
  return all;
}

void apply_ignores(context& c, std::vector<ignore>& all, const options& chosen) {
  const auto is_ignored = [&](const draft& d) {
    bool hidden = false;
    for (ignore& i : all) {
      if (i.statement != d.statement || d.what.of->id == "L97") continue;
      for (std::size_t n = 0; n < i.ids.size(); ++n) {
        if (i.ids[n] != d.what.of->id) continue;
        i.used[n] = hidden = true;
      }
    }
    return hidden;
  };
  std::erase_if(c.told, is_ignored);
  for (const ignore& i : all) {
    for (std::size_t n = 0; n < i.ids.size(); ++n) {
      if (i.used[n] || !can_be_told(c, i.ids[n], chosen)) continue;
      tell_wrong(c, i.statement, i.offset,
                 fmt::format("nothing here needs the ignore of {}", i.ids[n]), "delete it");
    }
  }
}

}  // namespace pawl::lint
