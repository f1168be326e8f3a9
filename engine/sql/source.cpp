#include "sql/source.hpp"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "sql/limits.hpp"

namespace pawl::sql {
namespace {

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

// Bytes of the well-formed UTF-8 sequence at the start of `rest`, 0 if there is none (Unicode
// 15, table 3-7: neither overlong forms nor surrogates).
std::size_t sequence_size(std::string_view rest) {
  const auto first = static_cast<unsigned char>(rest[0]);
  if (first < 0x80U) return 1;
  const std::size_t size = first >= 0xF0U ? 4 : first >= 0xE0U ? 3 : 2;
  if (first < 0xC2U || first > 0xF4U || rest.size() < size) return 0;
  const auto second = static_cast<unsigned char>(rest[1]);
  if (first == 0xE0U && second < 0xA0U) return 0;
  if (first == 0xEDU && second > 0x9FU) return 0;
  if (first == 0xF0U && second < 0x90U) return 0;
  if (first == 0xF4U && second > 0x8FU) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if (!is_continuation(rest[i])) return 0;
  }
  return size;
}

// The offset of the first byte that is no UTF-8 or is NUL.
std::optional<std::size_t> first_bad_byte(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = sequence_size(text.substr(at));
    if (size == 0 || text[at] == '\0') return at;
    at += size;
  }
  return std::nullopt;
}

}  // namespace

place source::place_of(std::size_t offset) const {
  return place_behind({file, 1, 1}, 0, offset);
}

place source::place_behind(place known, std::size_t from, std::size_t offset) const {
  place found = std::move(known);
  for (std::size_t at = from; at < offset && at < text.size(); ++at) {
    const bool half_of_crlf = text[at] == '\r' && at + 1 < text.size() && text[at + 1] == '\n';
    if (text[at] == '\n' || (text[at] == '\r' && !half_of_crlf)) {
      ++found.line;
      found.column = 1;
    } else if (!is_continuation(text[at])) {
      ++found.column;
    }
  }
  return found;
}

error source::fault(errc code, std::size_t offset, std::string message, std::string hint) const {
  error e;
  e.code = code;
  e.message = std::move(message);
  e.hint = std::move(hint);
  e.where = place_of(offset);
  return e;
}

result<source> read_source(std::string_view file, std::string bytes) {
  source read{std::string(file), std::move(bytes)};
  if (read.text.size() > file_bytes_max) {
    error e;
    e.code = errc::file_unreadable;
    e.message = fmt::format("{}: the file has {} bytes, more than the {} MB of a job file",
                            read.file, read.text.size(), file_bytes_max >> 20U);
    e.hint = "Give the file that holds the data change alone; load bulk data with psql's \\copy.";
    return e;
  }
  if (read.text.starts_with("\xEF\xBB\xBF")) read.text.erase(0, 3);
  if (const auto bad = first_bad_byte(read.text)) {
    const auto byte = static_cast<unsigned char>(read.text[*bad]);
    return read.fault(
        errc::sql_syntax, *bad,
        byte == 0 ? "the file holds a NUL byte" : fmt::format("byte 0x{:02x} is no UTF-8", byte),
        "Save the file as UTF-8 text.");
  }
  return read;
}

std::size_t offset_of_character(std::string_view text, int position) {
  int character = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (!is_continuation(text[at]) && ++character == position) return at;
  }
  return text.size();
}

}  // namespace pawl::sql
