#include "lint/unit.hpp"

#include <algorithm>
#include <utility>

#include "sql/identifier.hpp"

namespace pawl::lint {
namespace {

using sql::token;
using sql::token_kind;

std::string upper_case(std::string_view text) {
  std::string upper(text);
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return upper;
}

// How deep the tokens so far are in parentheses and in BEGIN ATOMIC ... END.
class nesting {
 public:
  nesting(std::string_view text, const std::vector<token>& tokens) : text_(text), all_(tokens) {}

  void enter(std::size_t i) {
    const token& t = all_[i];
    if (t.kind == token_kind::open) ++parentheses_;
    if (t.kind == token_kind::close && parentheses_ > 0) --parentheses_;
    if (t.keyword == sql::keyword_kind::none) return;
    if (atomic_ == 0) {
      if (is(i, "BEGIN") && i + 1 < all_.size() && is(i + 1, "ATOMIC")) atomic_ = 1;
      return;
    }
    if (is(i, "CASE")) ++atomic_;
    if (is(i, "END")) --atomic_;
  }

  bool inside() const { return parentheses_ > 0 || atomic_ > 0; }
  void leave_all() { parentheses_ = atomic_ = 0; }

 private:
  bool is(std::size_t i, std::string_view word) const {
    const auto& at = all_[i].at;
    return at.end - at.begin == word.size() &&
           upper_case(text_.substr(at.begin, word.size())) == word;
  }

  std::string_view text_;
  const std::vector<token>& all_;
  int parentheses_ = 0;
  int atomic_ = 0;
};

// The layout as `divide` gives it, but for comments behind the last token of all.
sql::layout divide_at(std::string_view text, const std::vector<token>& tokens, bool with_bodies) {
  sql::layout divided;
  sql::statement open;
  nesting depth(text, tokens);
  const auto close = [&] {
    depth.leave_all();
    if (open.tokens.empty()) return;
    open.text = {open.tokens.front().at.begin, open.tokens.back().at.end};
    divided.statements.push_back(std::exchange(open, {}));
  };
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i].is_comment()) {
      divided.comments.push_back({tokens[i], divided.statements.size(), !open.tokens.empty(),
                                  i + 1 < tokens.size() ? tokens[i + 1] : token{}});
    } else if (tokens[i].kind == token_kind::semicolon && !(with_bodies && depth.inside())) {
      close();
    } else {
      depth.enter(i);
      open.tokens.push_back(tokens[i]);
    }
  }
  close();
  return divided;
}

bool has_bodies(const sql::statement& st, std::string_view text) {
  const auto starts = words_of(text, {st.text, {st.tokens.begin(), st.tokens.begin() + 1}});
  return starts.front() == "CREATE";
}

// The first token behind `ALTER TABLE IF EXISTS ONLY a.b *`.
std::size_t first_command(std::string_view text, const sql::statement& st) {
  const std::vector<std::string> words = words_of(text, st);
  std::size_t i = 2;
  while (i < words.size() && (words[i] == "IF" || words[i] == "EXISTS" || words[i] == "ONLY")) ++i;
  ++i;
  while (i + 1 < words.size() && words[i] == ".") i += 2;
  if (i < words.size() && words[i] == "*") ++i;
  return i;
}

}  // namespace

bool is_change(std::string_view kind) {
  return kind == "UpdateStmt" || kind == "DeleteStmt" || kind == "InsertStmt" ||
         kind == "MergeStmt";
}

std::vector<inner_change> inner_changes(const unit& u) {
  std::vector<inner_change> found;
  const bool explains = u.kind == "ExplainStmt" && has_option(part(*u.body, "options"), "analyze");
  // The statements of a rule or of a function run later, if ever.
  const bool runs = is_change(u.kind) || u.kind == "SelectStmt" || u.kind == "PrepareStmt" ||
                    u.kind == "CopyStmt" || explains;
  if (!runs) return found;
  sql::any_object(*u.body, [&](const node& object) {
    const std::string_view kind = kind_of(object);
    if (object.size() == 1 && is_change(kind)) found.push_back({kind, &body_of(object)});
    return false;
  });
  return found;
}

std::vector<sql::slice> command_slices(std::string_view text, const sql::statement& st) {
  std::vector<sql::slice> found;
  int depth = 0;
  bool begins = true;
  for (std::size_t i = first_command(text, st); i < st.tokens.size(); ++i) {
    const token& t = st.tokens[i];
    if (t.kind == token_kind::open || t.kind == token_kind::open_bracket) ++depth;
    if (t.kind == token_kind::close || t.kind == token_kind::close_bracket) --depth;
    if (t.kind == token_kind::comma && depth == 0) {
      begins = true;
    } else if (std::exchange(begins, false)) {
      found.push_back(t.at);
    } else {
      found.back().end = t.at.end;
    }
  }
  return found;
}

std::vector<std::string> words_of(std::string_view text, const sql::statement& st) {
  std::vector<std::string> words;
  words.reserve(st.tokens.size());
  for (const token& t : st.tokens) {
    const std::string_view word = text.substr(t.at.begin, t.at.end - t.at.begin);
    words.push_back(word.starts_with('"') || word.starts_with('\'') ? std::string(word)
                                                                    : upper_case(word));
  }
  return words;
}

sql::layout divide(std::string_view text, const std::vector<token>& tokens) {
  sql::layout divided = divide_at(text, tokens, true);
  // An unclosed parenthesis would swallow the rest of the file: then every semicolon counts.
  const bool swallowed = std::any_of(
      divided.statements.begin(), divided.statements.end(), [&](const sql::statement& st) {
        const bool joined = std::any_of(st.tokens.begin(), st.tokens.end(), [](const token& t) {
          return t.kind == token_kind::semicolon;
        });
        return joined && !has_bodies(st, text);
      });
  return swallowed ? divide_at(text, tokens, false) : divided;
}

}  // namespace pawl::lint
