#include "pg/conninfo.hpp"

namespace pawl::pg {
namespace {

constexpr auto npos = std::string_view::npos;
constexpr std::string_view blanks = " \t\r";

bool is_name_character(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

class env_file_reader {
 public:
  explicit env_file_reader(std::string_view text) : rest_(text) {
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    if (rest_.substr(0, byte_order_mark.size()) == byte_order_mark) {
      rest_.remove_prefix(byte_order_mark.size());
    }
  }

  std::map<std::string, std::string> read() {
    while (!rest_.empty()) {
      if (const std::string name = read_name(); !name.empty()) values_[name] = read_value();
      skip_line();
    }
    return std::move(values_);
  }

 private:
  void skip_blanks() {
    const std::size_t first = rest_.find_first_not_of(blanks);
    rest_.remove_prefix(first == npos ? rest_.size() : first);
  }

  void skip_line() {
    const std::size_t end = rest_.find('\n');
    rest_.remove_prefix(end == npos ? rest_.size() : end + 1);
  }

  std::string take_word() {
    std::size_t length = 0;
    while (length < rest_.size() && is_name_character(rest_[length])) ++length;
    std::string word(rest_.substr(0, length));
    rest_.remove_prefix(length);
    return word;
  }

  // The name of the line's variable, with everything up to its value consumed; empty if the line
  // sets none.
  std::string read_name() {
    skip_blanks();
    std::string name = take_word();
    skip_blanks();
    if (name == "export" && !rest_.empty() && rest_.front() != '=') {
      name = take_word();
      skip_blanks();
    }
    if (rest_.empty() || rest_.front() != '=') return {};
    rest_.remove_prefix(1);
    skip_blanks();
    return name;
  }

  std::string read_value() {
    const char quote = rest_.empty() ? '\0' : rest_.front();
    if (quote == '\'' || quote == '"' || quote == '`') {
      if (const std::size_t end = closing_quote(quote); end != npos) {
        const std::string_view inside = rest_.substr(1, end - 1);
        rest_.remove_prefix(end + 1);
        return quote == '"' ? unescape(inside) : std::string(inside);
      }
    }
    return expand(take_unquoted());
  }

  // A quoted value may span lines, as keys and certificates do.
  std::size_t closing_quote(char quote) const {
    for (std::size_t i = 1; i < rest_.size(); ++i) {
      if (rest_[i] == '\\' && quote == '"') {
        ++i;
      } else if (rest_[i] == quote) {
        return i;
      }
    }
    return npos;
  }

  // A `#` begins a comment only after a blank, so that it may stand in a password.
  std::string_view take_unquoted() {
    std::string_view value = rest_.substr(0, rest_.find('\n'));
    for (std::size_t i = 0; i < value.size(); ++i) {
      const bool after_blank = i == 0 || blanks.find(value[i - 1]) != npos;
      if (value[i] == '#' && after_blank) value = value.substr(0, i);
    }
    const std::size_t last = value.find_last_not_of(blanks);
    return value.substr(0, last == npos ? 0 : last + 1);
  }

  std::string unescape(std::string_view text) const {
    std::string value;
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] != '\\' || i + 1 == text.size()) {
        plain += text[i];
        continue;
      }
      value += expand(plain);
      plain.clear();
      const char c = text[++i];
      if (c == 'n') {
        value += '\n';
      } else if (c == '"' || c == '\\' || c == '$') {
        value += c;
      } else {
        value += {'\\', c};
      }
    }
    return value + expand(plain);
  }

  // `${NAME}` of a variable that the file has set before; any other stays as it is.
  std::string expand(std::string_view text) const {
    std::string value;
    while (true) {
      const std::size_t begin = text.find("${");
      const std::size_t end = begin == npos ? npos : text.find('}', begin);
      if (end == npos) return value.append(text);
      const auto known = values_.find(std::string(text.substr(begin + 2, end - begin - 2)));
      value += text.substr(0, begin);
      value += known == values_.end() ? text.substr(begin, end + 1 - begin) : known->second;
      text.remove_prefix(end + 1);
    }
  }

  std::string_view rest_;
  std::map<std::string, std::string> values_;
};

}  // namespace

std::map<std::string, std::string> read_env_file(std::string_view text) {
  return env_file_reader(text).read();
}

}  // namespace pawl::pg
