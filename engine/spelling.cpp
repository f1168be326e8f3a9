#include "spelling.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

namespace pawl {
namespace {

// Two slips still read as the same word.
constexpr std::size_t slips_max = 2;

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before;  // the row above `last`: where an exchange began
  std::vector<std::size_t> last(b.size() + 1);
  std::iota(last.begin(), last.end(), 0U);
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::vector<std::size_t> row(b.size() + 1, i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = last[j] + (a[i] == b[j] ? 0 : 1);
      row[j + 1] = std::min({replaced, row[j] + 1, last[j + 1] + 1});
      if (i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j]) {
        row[j + 1] = std::min(row[j + 1], before[j - 1] + 1);
      }
    }
    before = std::exchange(last, std::move(row));
  }
  return last.back();
}

std::string_view nearest(std::string_view word, std::span<const std::string_view> known) {
  std::string_view best;
  std::size_t best_distance = slips_max + 1;
  for (const std::string_view candidate : known) {
    // A word of three letters is two slips away from anything.
    const std::size_t longest = std::max(word.size(), candidate.size());
    const std::size_t too_short = longest > word.size() + slips_max ? slips_max + 1 : 0;
    const std::size_t distance = too_short != 0 ? too_short : edit_distance(word, candidate);
    if (distance < best_distance && distance * 2 <= longest) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

std::string suggestion(std::string_view word, std::span<const std::string_view> known) {
  const std::string_view best = nearest(word, known);
  if (!best.empty()) return fmt::format("Did you mean `{}`?", best);
  std::string list;
  for (std::size_t i = 0; i < known.size(); ++i) {
    const std::string_view joint = i == 0 ? "" : i + 1 == known.size() ? " and " : ", ";
    list += fmt::format("{}`{}`", joint, known[i]);
  }
  return fmt::format("Known are {}.", list);
}

}  // namespace pawl
