// Any bytes are refused with a place, or split into statements that keep every byte of theirs and
// scan the same alone.
#include <algorithm>

#include "fuzz/property.hpp"
#include "sql/source.hpp"
#include "sql/split.hpp"

namespace pawl::sql {
namespace {

using fuzz::must;

void check_statement(const source& in, const statement& st, std::size_t behind) {
  must(!st.tokens.empty(), "a statement has tokens");
  must(st.text.begin >= behind, "statements stand in their order");
  must(st.text.begin == st.tokens.front().at.begin && st.text.end == st.tokens.back().at.end,
       "a statement reaches from its first token to its last");
  must(st.text.end <= in.text.size(), "a statement lies in the text");

  const auto alone = std::string_view(in.text).substr(st.text.begin, st.text.end - st.text.begin);
  auto again = scan_text(alone);
  must(again.has_value(), "a statement scans alone");
  std::erase_if(*again, [](const token& t) { return t.is_comment(); });
  must(again->size() == st.tokens.size(), "a statement has the same tokens alone");
  for (std::size_t i = 0; i < again->size(); ++i) {
    token moved = again->at(i);
    moved.at.begin += st.text.begin;
    moved.at.end += st.text.begin;
    must(moved == st.tokens[i], "a token is the same alone");
  }
}

void check_layout(const source& in, const std::vector<token>& tokens) {
  const layout divided = split(tokens);
  std::size_t behind = 0;
  std::size_t count = 0;
  for (const statement& st : divided.statements) {
    check_statement(in, st, behind);
    behind = st.text.end;
    count += st.tokens.size();
  }
  for (const comment& c : divided.comments) {
    must(c.of <= divided.statements.size(), "a comment belongs to a statement or the end");
    must(c.at.is_comment(), "a comment is one");
  }
  const auto semicolons = std::count_if(
      tokens.begin(), tokens.end(), [](const token& t) { return t.kind == token_kind::semicolon; });
  must(count + divided.comments.size() + static_cast<std::size_t>(semicolons) == tokens.size(),
       "no token is lost");
}

}  // namespace
}  // namespace pawl::sql

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pawl::sql;
  const auto in = read_source("f.sql", pawl::fuzz::text_of(data, size));
  if (!in) {
    pawl::fuzz::must_be_refusal(in.error());
    return 0;
  }
  const auto tokens = scan(*in);
  if (tokens) {
    check_layout(*in, *tokens);
  } else {
    pawl::fuzz::must_be_refusal(tokens.error());
  }
  return 0;
}
