#include "observe/visible_text.hpp"

#include <wchar.h>

#include <array>

namespace pawl::observe {
namespace {

constexpr char32_t replacement = 0xFFFD;

struct decoded {
  char32_t character = replacement;
  std::size_t bytes = 1;
};

// The first character of a non-empty text; anything that is no UTF-8 is a replacement character one
// byte long, so that decoding always goes on.
decoded decode(std::string_view text) {
  struct form {
    unsigned char mask, lead;
    std::size_t bytes;
    char32_t least;
  };
  static constexpr std::array<form, 4> forms{{{0x80, 0x00, 1, 0x0},
                                              {0xE0, 0xC0, 2, 0x80},
                                              {0xF0, 0xE0, 3, 0x800},
                                              {0xF8, 0xF0, 4, 0x10000}}};
  const auto lead = static_cast<unsigned char>(text[0]);
  for (const form& f : forms) {
    if ((lead & f.mask) != f.lead) {
      continue;
    }
    if (text.size() < f.bytes) {
      return {};
    }
    auto c = static_cast<char32_t>(lead & static_cast<unsigned char>(~f.mask));
    for (std::size_t i = 1; i < f.bytes; ++i) {
      const auto next = static_cast<unsigned char>(text[i]);
      if ((next & 0xC0) != 0x80) {
        return {};
      }
      c = (c << 6) | (next & 0x3Fu);
    }
    const bool surrogate = c >= 0xD800 && c <= 0xDFFF;
    return c < f.least || c > 0x10FFFF || surrogate ? decoded{} : decoded{c, f.bytes};
  }
  return {};
}

bool is_blank(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || c == 0x2028 || c == 0x2029;
}

bool is_control(char32_t c) {
  const bool c0_or_c1 = c < 0x20 || (c >= 0x7F && c <= 0x9F);
  const bool bidirectional = c == 0x061C || c == 0x200E || c == 0x200F ||
                             (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
  return c0_or_c1 || bidirectional;
}

// What wcwidth does not know is shown by terminals as one column.
int width_of(char32_t c) {
  const int width = c < 0x80 ? 1 : ::wcwidth(static_cast<wchar_t>(c));
  return width < 0 ? 1 : width;
}

}  // namespace

std::string visible(std::string_view text, charset set) {
  std::string shown;
  shown.reserve(text.size());
  while (!text.empty()) {
    const decoded d = decode(text);
    const bool bad = d.character == replacement || (set == charset::ascii && d.character > 0x9F);
    if (is_blank(d.character)) {
      shown += ' ';
    } else if (bad) {
      shown += set == charset::utf8 ? "\uFFFD" : "?";
    } else if (!is_control(d.character)) {
      shown += text.substr(0, d.bytes);
    }
    text.remove_prefix(d.bytes);
  }
  return shown;
}

int width_of(std::string_view text) {
  int width = 0;
  while (!text.empty()) {
    const decoded d = decode(text);
    width += width_of(d.character);
    text.remove_prefix(d.bytes);
  }
  return width;
}

std::string fit(std::string_view text, int columns, charset set) {
  if (width_of(text) <= columns) {
    return std::string(text);
  }
  const std::string_view ellipsis = set == charset::utf8 ? "\u2026" : "...";
  const int room = columns - width_of(ellipsis);
  if (room < 0) {
    return std::string(static_cast<std::size_t>(columns > 0 ? columns : 0), '.');
  }
  int width = 0;
  std::size_t bytes = 0;
  while (bytes < text.size()) {
    const decoded d = decode(text.substr(bytes));
    width += width_of(d.character);
    if (width > room) {
      break;
    }
    bytes += d.bytes;
  }
  return std::string(text.substr(0, bytes)).append(ellipsis);
}

}  // namespace pawl::observe
