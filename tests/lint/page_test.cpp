// docs/check.md lists the rules as the code has them.
#include <fstream>
#include <iterator>
#include <sstream>

#include "lint/checking.hpp"

namespace pawl::lint {
namespace {

std::string row_of(const rule& r) {
  const char* facts = r.facts == needs::database        ? "needed"
                      : r.facts == needs::text_and_more ? "helps"
                                                        : "";
  std::string row = "| ";
  for (const std::string_view cell : {r.id, r.name, name_of(r.by_default), r.says}) {
    row += std::string(cell) + " | ";
  }
  return row + (*facts == 0 ? "|" : std::string(facts) + " |");
}

TEST(CheckPage, ListsEveryRuleAsItIs) {
  std::ifstream in(PAWL_CHECK_PAGE);
  const std::string page{std::istreambuf_iterator<char>(in), {}};
  std::vector<std::string> rows;
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    const bool is_rule = line.size() > 4 && line.starts_with("| ") &&
                         std::string_view("LNS").find(line[2]) != std::string_view::npos &&
                         line[3] >= '0' && line[3] <= '9';
    if (is_rule) rows.push_back(line);
  }
  std::vector<std::string> expected;
  for (const rule& r : rules()) expected.push_back(row_of(r));

  EXPECT_EQ(rows, expected);
}

}  // namespace
}  // namespace pawl::lint
