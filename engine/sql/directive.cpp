#include "sql/directive.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "spelling.hpp"
#include "sql/identifier.hpp"

namespace pawl::sql {
namespace {

constexpr std::array<std::string_view, 7> supported = {"batch",   "verify", "guard", "timeout",
                                                       "pending", "set",    "ignore"};
constexpr std::array<std::string_view, 8> unsupported = {"tx",     "retry", "depends", "param",
                                                         "before", "after", "sync",    "transform"};
// Two words in one: apart from the others because it is no name of the usual form.
constexpr std::string_view on_error = "on-error";

bool is_supported(std::string_view name) {
  return std::find(supported.begin(), supported.end(), name) != supported.end();
}

bool is_unsupported(std::string_view name) {
  return name == on_error ||
         std::find(unsupported.begin(), unsupported.end(), name) != unsupported.end();
}

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\f' || c == '\v';
}

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

error bad(const source& in, std::size_t at, std::string message, std::string hint) {
  return in.fault(errc::bad_directive, at, std::move(message), std::move(hint));
}

std::size_t skip_blanks(std::string_view text, std::size_t at, std::size_t end) {
  while (at < end && is_blank(text[at])) ++at;
  return at;
}

bool stands_alone(std::string_view text, std::size_t at) {
  while (at > 0 && is_blank(text[at - 1])) --at;
  return at == 0 || text[at - 1] == '\n' || text[at - 1] == '\r';
}

// Reads the value behind `=`; bare text ends at a blank outside of double quotes.
class value_reader {
 public:
  value_reader(const source& in, std::size_t at, std::size_t end) : in_(in), at_(at), end_(end) {}

  std::size_t at() const { return at_; }

  result<std::string> read() {
    const std::size_t begin = at_;
    if (at_ < end_ && in_.text[at_] == '\'') return quoted();
    bool in_quotes = false;
    while (at_ < end_ && (in_quotes || !is_blank(in_.text[at_]))) {
      if (in_.text[at_] == '\'') return unbalanced(at_);
      if (in_.text[at_++] == '"') in_quotes = !in_quotes;
    }
    if (in_quotes) return unbalanced(begin);
    if (at_ == begin) return bad(in_, begin, "a value is missing", "Write it behind the `=`.");
    return in_.text.substr(begin, at_ - begin);
  }

 private:
  error unbalanced(std::size_t at) const {
    return bad(in_, at, "a quote in a value is not closed",
               "Write the whole value as 'text', with '' for each quote inside.");
  }

  result<std::string> quoted() {
    const std::size_t begin = at_++;
    std::string value;
    for (; at_ < end_; ++at_) {
      if (in_.text[at_] != '\'') {
        value += in_.text[at_];
        continue;
      }
      ++at_;
      if (at_ < end_ && in_.text[at_] == '\'') {
        value += '\'';
        continue;
      }
      if (at_ < end_ && !is_blank(in_.text[at_])) return unbalanced(begin);
      return value;
    }
    return unbalanced(begin);
  }

  const source& in_;
  std::size_t at_;
  std::size_t end_;
};

result<std::vector<directive_word>> read_words(const source& in, slice rest) {
  std::vector<directive_word> words;
  for (std::size_t at = skip_blanks(in.text, rest.begin, rest.end); at < rest.end;
       at = skip_blanks(in.text, at, rest.end)) {
    if (std::string_view(in.text).substr(at, 2) == "--") break;
    directive_word word;
    word.begin = at;
    while (at < rest.end && !is_blank(in.text[at]) && in.text[at] != '=') ++at;
    word.key = in.text.substr(word.begin, at - word.begin);
    if (word.key.empty()) {
      return bad(in, word.begin, "a name is missing before `=`", "Write it as key=value.");
    }
    if (at < rest.end && in.text[at] == '=') {
      value_reader reader(in, at + 1, rest.end);
      auto value = reader.read();
      if (!value) return value.error();
      word.value = std::move(*value);
      at = reader.at();
    }
    words.push_back(std::move(word));
  }
  return words;
}

result<std::optional<directive>> not_ours(const source& in, std::size_t at, comment_head head) {
  if (!is_misspelt_pawl(head.word, head.name)) return std::optional<directive>();
  return bad(in, at, fmt::format("`{}:{}` looks like a directive of pawl", head.word, head.name),
             fmt::format("Write `-- pawl:{}`, or change the comment's first word.", head.name));
}

error unknown_name(const source& in, std::size_t at, std::string_view name) {
  if (name.empty()) {
    return bad(in, at, "a comment that begins with `pawl` is no directive",
               "Write `-- pawl:batch`, or begin the comment with another word.");
  }
  if (is_unsupported(name)) {
    return bad(in, at, fmt::format("directive `{}` is not supported by this version", name),
               "Delete the line, or use a version that knows it.");
  }
  if (edit_distance(name, "range") <= 2) {
    return bad(in, at, fmt::format("`{}` is no directive", name),
               "The marker is written `/* pawl:range */ true`, inside the statement.");
  }
  return bad(in, at, fmt::format("unknown directive `{}`", name), suggestion(name, supported));
}

}  // namespace

comment_head head_of(std::string_view body) {
  std::size_t at = body.find_first_not_of(" \t\r\n\f\v");
  if (at == std::string_view::npos) return {};
  std::size_t end = at;
  while (end < body.size() && is_word(body[end]) && body[end] != '-') ++end;
  comment_head head{body.substr(at, end - at), {}};
  if (end < body.size() && body[end] == ':') {
    at = ++end;
    while (end < body.size() && is_word(body[end])) ++end;
    head.name = body.substr(at, end - at);
  }
  return head;
}

bool is_misspelt_pawl(std::string_view word, std::string_view name) {
  if (word.size() < 3 || (!is_supported(name) && !is_unsupported(name) && name != "range")) {
    return false;
  }
  return edit_distance(word, "pawl") <= 2;
}

result<std::optional<directive>> read_directive(const source& in, const comment& c) {
  const slice at = c.at.at;
  const std::string_view body =
      std::string_view(in.text).substr(at.begin + 2, at.end - at.begin - 2);
  const comment_head head = head_of(body);
  if (lower_case(head.word) != "pawl") return not_ours(in, at.begin, head);

  const auto name_begin = static_cast<std::size_t>(head.name.data() - in.text.data());
  if (!is_supported(head.name)) {
    return unknown_name(in, head.name.empty() ? at.begin : name_begin, head.name);
  }
  directive read{std::string(head.name), {}, {name_begin + head.name.size(), at.end}, at.begin};
  if (head.word != "pawl" || (!read.rest.empty() && !is_blank(in.text[read.rest.begin]))) {
    return bad(in, at.begin,
               "a directive is written `-- pawl:name`, in lower case and then a blank",
               fmt::format("Write `-- pawl:{}`.", read.name));
  }
  // An ignore may stand behind the statement it speaks of; it changes nothing of how that is run.
  if (read.name != "ignore" && (!stands_alone(in.text, at.begin) || c.inside)) {
    return bad(in, at.begin,
               fmt::format("directive `{}` stands inside a statement's lines", read.name),
               "Give it a line of its own before the statement it speaks of.");
  }
  if (read.name == "pending" || read.name == "ignore") return std::optional(std::move(read));
  auto words = read_words(in, read.rest);
  if (!words) return words.error();
  read.words = std::move(*words);
  return std::optional(std::move(read));
}

}  // namespace pawl::sql
