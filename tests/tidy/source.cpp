#include "tidy/source.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <sstream>

namespace pawl::tidy {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 5> skipped_folders{".git", "build", ".cache", "node_modules",
                                                          ".vscode"};
constexpr std::array<std::string_view, 11> text_endings{
    ".cpp", ".hpp", ".sql", ".txt", ".cmake", ".sh", ".md", ".json", ".toml", ".yml", ".yaml"};

template <class List>
bool holds(const List& list, std::string_view item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

bool is_text(const fs::path& file) {
  return holds(text_endings, file.extension().string()) || file.parent_path().filename() == ".ci";
}

// Walks over C++ once and blanks what is comment or literal; a small lexer, no regular expression,
// because quotes, comments and raw strings hide each other.
class masking {
 public:
  explicit masking(source& s) : s_(s), text_(s.text) {}

  void run() {
    while (at_ < text_.size()) step();
  }

 private:
  void step() {
    if (starts("//")) return blank_comment(text_.find('\n', at_));
    if (starts("/*")) return blank_comment(after(text_.find("*/", at_ + 2), 2));
    if (starts("R\"") && !follows_word()) return blank_raw();
    if (text_[at_] == '"') return blank_literal('"');
    // Not the separator of digits.
    if (text_[at_] == '\'' && !follows_word()) return blank_literal('\'');
    ++at_;
  }

  bool starts(std::string_view token) const { return text_.substr(at_, token.size()) == token; }
  bool follows_word() const { return at_ > 0 && is_word_character(text_[at_ - 1]); }

  std::size_t after(std::size_t found, std::size_t length) const {
    return found == std::string_view::npos ? text_.size() : found + length;
  }

  void blank(std::string& target, std::size_t from, std::size_t to) const {
    for (std::size_t i = from; i < to; ++i) {
      if (target[i] != '\n') target[i] = ' ';
    }
  }

  void blank_comment(std::size_t end) {
    end = std::min(end, text_.size());
    blank(s_.code, at_, end);
    blank(s_.uncommented, at_, end);
    at_ = end;
  }

  void blank_raw() {
    const std::size_t open = text_.find('(', at_);
    const std::string closing =
        ")" + std::string(text_.substr(at_ + 2, open - std::min(open, at_ + 2))) + "\"";
    const std::size_t end = after(text_.find(closing, at_), closing.size());
    blank(s_.code, at_ + 2, end - std::min<std::size_t>(end, 1));
    at_ = end;
  }

  void blank_literal(char quote) {
    std::size_t end = at_ + 1;
    while (end < text_.size() && text_[end] != quote && text_[end] != '\n') {
      end += text_[end] == '\\' ? 2U : 1U;
    }
    end = std::min(end, text_.size());
    blank(s_.code, at_ + 1, end);
    at_ = std::min(end + 1, text_.size());
  }

  source& s_;
  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

bool is_word_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

bool source::is_header() const {
  return path.ends_with(".hpp");
}
bool source::is_cpp() const {
  return is_header() || path.ends_with(".cpp");
}

source make_source(std::string path, std::string text) {
  source s{std::move(path), std::move(text), {}, {}};
  s.code = s.text;
  s.uncommented = s.text;
  if (s.is_cpp()) masking(s).run();
  return s;
}

std::vector<source> sources_below(const fs::path& root) {
  std::vector<source> all;
  for (fs::recursive_directory_iterator at(root), end; at != end; ++at) {
    const std::string name = at->path().filename().string();
    if (at->is_directory()) {
      if (holds(skipped_folders, name)) at.disable_recursion_pending();
      continue;
    }
    if (!at->is_regular_file() || !is_text(at->path())) continue;
    std::ostringstream text;
    text << std::ifstream(at->path(), std::ios::binary).rdbuf();
    all.push_back(make_source(at->path().lexically_relative(root).generic_string(), text.str()));
  }
  std::sort(all.begin(), all.end(),
            [](const source& a, const source& b) { return a.path < b.path; });
  return all;
}

std::size_t line_at(std::string_view text, std::size_t position) {
  const std::string_view before = text.substr(0, position);
  return 1U + static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::vector<std::size_t> words(std::string_view text, std::string_view word) {
  std::vector<std::size_t> found;
  for (std::size_t at = text.find(word); at != std::string_view::npos;
       at = text.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    const bool whole = (at == 0 || !is_word_character(text[at - 1])) &&
                       (end == text.size() || !is_word_character(text[end]));
    if (whole) found.push_back(at);
  }
  return found;
}

}  // namespace pawl::tidy
