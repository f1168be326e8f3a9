#include "sql/tokens.hpp"

#include <fmt/format.h>
#include <pg_query.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "sql/limits.hpp"

namespace pawl::sql {
namespace {

struct scan_failure {
  std::string message;
  std::size_t at = 0;
};

using scan_outcome = boost::system::result<std::vector<token>, scan_failure>;

// Reads the wire format of protobuf, as far as libpg_query's ScanResult uses it: varints and
// length-delimited fields. Its own decoder would need protobuf-c's headers, which the package does
// not ship.
class wire_reader {
 public:
  explicit wire_reader(std::string_view bytes) : rest_(bytes) {}

  bool at_end() const { return rest_.empty(); }

  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; !rest_.empty() && shift < 64; shift += 7) {
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      value |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
      if ((byte & 0x80U) == 0) break;
    }
    return value;
  }

  std::string_view bytes() {
    const std::size_t size = std::min<std::size_t>(varint(), rest_.size());
    const std::string_view found = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return found;
  }

 private:
  std::string_view rest_;
};

constexpr std::uint64_t length_delimited = 2;

token decode_token(std::string_view message) {
  wire_reader in(message);
  token decoded;
  while (!in.at_end()) {
    const std::uint64_t field = in.varint() >> 3U;
    const std::uint64_t value = in.varint();
    if (field == 1) decoded.at.begin = value;
    if (field == 2) decoded.at.end = value;
    if (field == 4) decoded.kind = static_cast<token_kind>(value);
    if (field == 5) decoded.keyword = static_cast<keyword_kind>(value);
  }
  return decoded;
}

std::vector<token> decode_tokens(std::string_view message) {
  wire_reader in(message);
  std::vector<token> decoded;
  while (!in.at_end()) {
    const std::uint64_t tag = in.varint();
    if ((tag & 7U) == length_delimited) {
      decoded.push_back(decode_token(in.bytes()));
    } else {
      in.varint();
    }
  }
  return decoded;
}

constexpr std::string_view blanks = " \t\n\r\f\v";

// libpg_query 15-4.0.0 ends U&"..." and U&'...' at or right after their first byte. Between tokens
// there is only white space, so such a token reaches as far as the next one lets it.
void mend_unicode_tokens(std::string_view text, std::vector<token>& tokens) {
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    token& t = tokens[i];
    if (t.kind != token_kind::unicode_ident && t.kind != token_kind::unicode_string) continue;
    const std::size_t limit = i + 1 < tokens.size() ? tokens[i + 1].at.begin : text.size();
    t.at.end = text.find_last_not_of(blanks, limit - 1) + 1;
  }
}

// Slices are cut at tokens: a byte outside of all would be lost or left behind.
bool cover(std::string_view text, const std::vector<token>& tokens) {
  std::size_t at = 0;
  for (const token& t : tokens) {
    const std::string_view gap = text.substr(at, t.at.begin - at);
    if (t.at.begin < at || t.at.end <= t.at.begin || t.at.end > text.size()) return false;
    if (gap.find_first_not_of(blanks) != std::string_view::npos) return false;
    at = t.at.end;
  }
  return text.find_first_not_of(blanks, at) == std::string_view::npos;
}

bool continues_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

// Of the same length, with numbers that PostgreSQL 15 knows in place of those of 16. What stands in
// strings may be taken for one as well: only where tokens begin and end is read from this text.
std::string with_older_numbers(std::string_view text) {
  std::string made(text);
  for (std::size_t begin = 0; begin < text.size();) {
    std::size_t end = begin;
    while (end < text.size() && continues_word(text[end])) ++end;
    const char before = begin == 0 ? ' ' : text[begin - 1];
    const bool is_part = before == '$' || (static_cast<unsigned char>(before) & 0x80U) != 0;
    if (!is_part && is_newer_number(text.substr(begin, end - begin))) {
      std::fill(made.begin() + static_cast<std::ptrdiff_t>(begin),
                made.begin() + static_cast<std::ptrdiff_t>(end), '1');
    }
    begin = std::max(end, begin + 1);
  }
  return made;
}

scan_outcome run_scanner(std::string_view text) {
  const std::string terminated(text);
  const std::unique_ptr<PgQueryScanResult, void (*)(PgQueryScanResult*)> scanned(
      new PgQueryScanResult(pg_query_scan(terminated.c_str())), [](PgQueryScanResult* r) {
        pg_query_free_scan_result(*r);
        delete r;
      });
  if (scanned->error != nullptr) {
    if (std::string_view(scanned->error->message).starts_with("trailing junk after numeric")) {
      if (const std::string older = with_older_numbers(text); older != text) {
        return run_scanner(older);
      }
    }
    return scan_failure{scanned->error->message,
                        offset_of_character(text, scanned->error->cursorpos)};
  }
  std::vector<token> tokens = decode_tokens({scanned->pbuf.data, scanned->pbuf.len});
  mend_unicode_tokens(text, tokens);
  if (!cover(text, tokens)) return scan_failure{"the scanner lost a part of the text", 0};
  return tokens;
}

// A backslash is no token of SQL: outside of quotes it can only begin a command of psql.
std::optional<error> meta_command(const source& in, const std::vector<token>& tokens) {
  for (const token& t : tokens) {
    if (t.kind != token_kind::backslash) continue;
    const std::size_t line_end = in.text.find_first_of(" \t\r\n;", t.at.begin);
    const std::string word = in.text.substr(t.at.begin, line_end - t.at.begin);
    return in.fault(errc::sql_syntax, t.at.begin, "`" + word + "` is a command of psql, not SQL",
                    "Delete the line, or put the SQL it stands for in its place.");
  }
  return std::nullopt;
}

std::optional<error> endless_comment(const source& in) {
  constexpr std::string_view operators = "~!@#^&|`?+-*/%<>=";
  std::size_t openings = 0;
  for (std::size_t at = 0; at + 1 < in.text.size(); ++at) {
    if (operators.find(in.text[at]) == std::string_view::npos) {
      openings = 0;
    } else if (in.text[at] == '/' && in.text[at + 1] == '*' && ++openings > comment_openings_max) {
      return in.fault(errc::sql_syntax, at,
                      fmt::format("more than {} comments begin without a blank between them",
                                  comment_openings_max),
                      "Delete them, or put blanks between them.");
    }
  }
  return std::nullopt;
}

}  // namespace

std::string short_complaint(std::string_view message) {
  constexpr std::string_view before = " at or near \"";
  constexpr std::size_t quoted_max = 40;
  const std::size_t begin = message.find(before);
  if (begin == std::string_view::npos) return std::string(message);
  const std::size_t from = begin + before.size();
  const std::string_view quoted = message.substr(from);
  std::size_t end = std::min(quoted.find_first_of("\r\n"), quoted.size());
  if (end == quoted.size() && end <= quoted_max + 1) return std::string(message);
  end = std::min(end, quoted_max);
  while (end > 0 && (static_cast<unsigned char>(quoted[end]) & 0xC0U) == 0x80U) --end;
  return std::string(message.substr(0, from + end)) + "…\"";
}

bool is_newer_number(std::string_view word) {
  if (word.empty() || word.front() < '0' || word.front() > '9') return false;
  if (word.back() == '_' || word.find("__") != std::string_view::npos) return false;
  constexpr std::string_view bases = "xXoObB";
  constexpr std::array<std::string_view, 3> digits = {"0123456789abcdefABCDEF_", "01234567_",
                                                      "01_"};
  const std::size_t base = word.size() > 2 && word[0] == '0' ? bases.find(word[1]) : bases.npos;
  if (base != bases.npos) return word.find_first_not_of(digits.at(base / 2), 2) == word.npos;
  const std::size_t exponent = std::min(word.find_first_of("eE"), word.size() - 1);
  return word.find('_') != word.npos &&
         word.substr(0, exponent).find_first_not_of("0123456789_") == word.npos &&
         word.substr(exponent + 1).find_first_not_of("0123456789_") == word.npos;
}

result<std::vector<token>> scan(const source& in) {
  if (auto refused = endless_comment(in)) return std::move(*refused);
  scan_outcome scanned = run_scanner(in.text);
  if (scanned.has_value()) {
    if (auto refused = meta_command(in, *scanned)) return std::move(*refused);
    return std::move(*scanned);
  }
  // `\i it's` fails at the quote, and the backslash before it is the better explanation.
  const std::size_t at = scanned.error().at;
  const scan_outcome before = run_scanner(std::string_view(in.text).substr(0, at));
  if (before.has_value()) {
    if (auto refused = meta_command(in, *before)) return std::move(*refused);
  }
  return in.fault(errc::sql_syntax, at, short_complaint(scanned.error().message));
}

std::optional<std::vector<token>> scan_text(std::string_view text) {
  scan_outcome scanned = run_scanner(text);
  if (!scanned.has_value()) return std::nullopt;
  return std::move(*scanned);
}

}  // namespace pawl::sql
