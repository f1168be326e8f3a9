#include "sql/canonical.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sql/identifier.hpp"
#include "sql/tokens.hpp"

namespace pawl::sql {
namespace {

constexpr std::string_view marker_comment = "/* pawl:range */";

bool is_marker(std::string_view comment) {
  return lower_case(comment).find("pawl:range") != std::string::npos;
}

std::string quoted(std::string_view value) {
  std::string text = "'";
  for (const char c : value) {
    if (c == '\'') text += '\'';
    text += c;
  }
  return text + '\'';
}

}  // namespace

std::string canonical_sql(std::string_view sql) {
  std::string joined;
  const auto tokens = scan_text(sql);
  if (!tokens) return std::string(sql);
  for (const token& t : *tokens) {
    std::string_view text = sql.substr(t.at.begin, t.at.end - t.at.begin);
    if (t.is_comment()) {
      if (t.kind != token_kind::block_comment || !is_marker(text)) continue;
      text = marker_comment;
    }
    if (!joined.empty()) joined += ' ';
    joined += text;
  }
  return joined;
}

std::string canonical_text(const job& j) {
  std::string text = canonical_sql(text_of(j, j.what.statement));
  text += "\n-- pawl:batch table=";
  if (!j.what.target.schema.empty()) text += quote_identifier(j.what.target.schema) + '.';
  text += quote_identifier(j.what.target.table);
  for (std::size_t i = 0; i < j.key.size(); ++i) {
    text += fmt::format("{}{} as {}", i == 0 ? " key=" : ",", quote_identifier(j.key[i]),
                        quoted(j.key_text[i]));
  }
  if (j.pending) text += "\n-- pawl:pending " + canonical_sql(*j.pending);
  if (j.verify) text += "\n-- pawl:verify " + canonical_sql(text_of(j, *j.verify));
  std::vector<setting> settings = j.settings;
  std::sort(settings.begin(), settings.end(),
            [](const setting& a, const setting& b) { return a.name < b.name; });
  for (const setting& s : settings) {
    text += fmt::format("\n-- pawl:set {}={}", s.name, quoted(s.value));
  }
  return text;
}

}  // namespace pawl::sql
