// The one file that includes toml++: it takes a while to compile.
#include "config/tree.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <utility>

namespace pawl::config {
namespace {

struct broken_assertion {};

constexpr void must_hold(bool assertion) {
  if (!assertion) throw broken_assertion{};
}

[[noreturn]] void give_up() {
  throw broken_assertion{};
}

}  // namespace
}  // namespace pawl::config

// toml++ 3.3 asserts where it should refuse (a line "[" is enough), and without assertions its
// compiler may take what it asserts for true. Thrown, it can be told from a crash.
#undef NDEBUG
#define TOML_ASSERT(expression) pawl::config::must_hold(static_cast<bool>(expression))
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
// The order of these counts.
// clang-format off
#include <toml++/impl/forward_declarations.h>
// Its test for white space takes for unreachable what U+FB06 and the characters behind it do reach;
// they are none.
#undef TOML_UNREACHABLE
#define TOML_UNREACHABLE return {}
#include <toml++/impl/unicode.h>
#undef TOML_UNREACHABLE
#define TOML_UNREACHABLE pawl::config::give_up()
#include <toml++/toml.h>
// clang-format on

namespace pawl::config {
namespace {

// [job.NAME], its keys and a list: no more levels have a meaning.
constexpr int depth_max = 8;

error fault(place where, std::string message, std::string hint) {
  error e;
  e.code = errc::bad_config;
  e.message = std::move(message);
  e.hint = std::move(hint);
  e.where = std::move(where);
  return e;
}

class converter {
 public:
  explicit converter(std::string_view file) : file_(file) {}

  place place_of(const toml::source_region& region) const {
    return {std::string(file_), static_cast<int>(region.begin.line),
            static_cast<int>(region.begin.column)};
  }

  bool is_too_deep() const { return too_deep_; }

  value convert(const toml::node& n, int depth) {
    value v;
    v.where = place_of(n.source());
    too_deep_ = too_deep_ || depth > depth_max;
    if (too_deep_) return v;
    if (const auto* table = n.as_table()) {
      add_members(*table, depth, v);
    } else if (const auto* list = n.as_array()) {
      v.what = value::kind::list;
      for (const toml::node& item : *list) v.items.push_back(convert(item, depth + 1));
    } else if (const auto* text = n.as_string()) {
      v.what = value::kind::text;
      v.text = text->get();
    } else if (const auto* number = n.as_integer()) {
      v.what = value::kind::number;
      v.number = number->get();
    } else if (const auto* truth = n.as_boolean()) {
      v.what = value::kind::truth;
      v.number = truth->get() ? 1 : 0;
    } else {
      v.what = n.is_floating_point() ? value::kind::fraction : value::kind::moment;
    }
    return v;
  }

 private:
  void add_members(const toml::table& table, int depth, value& v) {
    for (const auto& [key, node] : table) {
      v.members.push_back(
          {std::string(key.str()), place_of(key.source()), convert(node, depth + 1)});
    }
    // toml++ sorts by key, and the first fault of the file is the one to report.
    const auto position = [](const member& m) { return std::pair(m.where.line, m.where.column); };
    std::stable_sort(v.members.begin(), v.members.end(),
                     [&](const member& a, const member& b) { return position(a) < position(b); });
  }

  std::string_view file_;
  bool too_deep_ = false;
};

// As the other messages are: lower case, no stop.
std::string sentence(std::string_view description) {
  std::string text(description);
  const bool capital = !text.empty() && text.front() >= 'A' && text.front() <= 'Z';
  if (capital) text.front() = static_cast<char>(text.front() - 'A' + 'a');
  while (text.ends_with('.')) text.pop_back();
  return text;
}

// toml++ goes down once for each part of a dotted key, and bounds only values in brackets.
std::optional<place> deep_key(std::string_view file, std::string_view bytes) {
  constexpr int dots_max = 512;
  place at{std::string(file), 1, 1};
  int dots = 0;
  for (const char c : bytes) {
    if (c == '\n') {
      ++at.line;
      dots = 0;
      at.column = 1;
    } else if (c == '.' && ++dots > dots_max) {
      return at;
    } else {
      ++at.column;
    }
  }
  return std::nullopt;
}

bool continues(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

bool breaks(std::string_view bytes) {
  try {
    (void)toml::parse(bytes);
    return false;
  } catch (const broken_assertion&) {
    return true;
  }
}

// The parser stops at the byte it did not expect: the last one of the shortest text that breaks it.
place first_break(std::string_view file, std::string_view bytes) {
  std::size_t holds = 0;
  std::size_t broken = bytes.size();
  while (broken - holds > 1) {
    const std::size_t middle = holds + (broken - holds) / 2;
    (breaks(bytes.substr(0, middle)) ? broken : holds) = middle;
  }
  while (holds > 0 && continues(bytes[holds])) --holds;
  const std::string_view before = bytes.substr(0, holds);
  const auto lines = std::count(before.begin(), before.end(), '\n');
  const std::string_view line = before.substr(before.rfind('\n') + 1);
  const auto characters = std::count_if(line.begin(), line.end(), std::not_fn(continues));
  return {std::string(file), static_cast<int>(lines) + 1, static_cast<int>(characters) + 1};
}

}  // namespace

result<value> read_tree(std::string_view file, std::string_view bytes) {
  const place start{std::string(file), 1, 1};
  if (bytes.size() > file_bytes_max) {
    return fault(start, fmt::format("the file is larger than {} kB", file_bytes_max >> 10U),
                 "Name the configuration with --config FILE, or turn it off with --config none.");
  }
  if (auto at = deep_key(file, bytes)) {
    return fault(std::move(*at), "a line holds more dots than any key has parts", "Shorten it.");
  }
  converter to(file);
  try {
    const auto parsed = toml::parse(bytes, file);
    if (!parsed) {
      return fault(to.place_of(parsed.error().source()), sentence(parsed.error().description()),
                   "The file is written in TOML, version 1.0.");
    }
    value root = to.convert(parsed.table(), 0);
    if (to.is_too_deep()) {
      return fault(start, "tables are nested more deeply than any setting is",
                   "The keys of pawl.toml are listed in docs/config.md.");
    }
    return root;
  } catch (const broken_assertion&) {
    return fault(first_break(file, bytes), "unexpected character where a name or a value begins",
                 "The file is written in TOML, version 1.0.");
  }
}

}  // namespace pawl::config
