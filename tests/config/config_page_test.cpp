// docs/config.md lists what is accepted: its table is compared with the code, its example is read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

#include "config/document.hpp"

namespace pawl::config {
namespace {

std::string page() {
  std::ifstream in(PAWL_CONFIG_PAGE);
  EXPECT_TRUE(in) << PAWL_CONFIG_PAGE;
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string without_quotes(std::string cell) {
  std::erase(cell, '`');
  std::erase(cell, ' ');
  return cell;
}

// Default by key.
std::map<std::string, std::string> documented() {
  std::istringstream lines(page());
  std::map<std::string, std::string> keys;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("| `")) continue;
    const std::size_t key_end = line.find('|', 1);
    const std::size_t last = line.rfind('|', line.size() - 2);
    keys[without_quotes(line.substr(1, key_end - 1))] =
        without_quotes(line.substr(last + 1, line.size() - last - 2));
  }
  return keys;
}

TEST(ConfigPage, ListsTheAcceptedKeysAndNoOthers) {
  std::vector<std::string> listed;
  for (const auto& [key, fallback] : documented()) {
    listed.push_back(key);
    if (key.starts_with("run.")) listed.push_back("job.NAME." + key.substr(4));
  }

  EXPECT_THAT(listed, testing::UnorderedElementsAreArray(accepted_keys()));
}

TEST(ConfigPage, GivesTheDefaults) {
  const auto listed = documented();
  const layer all = defaults();

  for (std::size_t i = 0; i < settings.size(); ++i) {
    EXPECT_EQ(listed.at("run." + std::string(settings[i].key)),
              all[i] ? show_value(settings[i], all[i]->value) : "");
  }
}

TEST(ConfigPage, ShowsAFileThatCanBeRead) {
  const std::string text = page();
  const std::string fence = "```toml\n";
  const std::size_t begin = text.find(fence) + fence.size();

  const auto d = read_document("pawl.toml", text.substr(begin, text.find("```", begin) - begin));
  ASSERT_TRUE(d.has_value()) << to_string(d.error());
  EXPECT_TRUE(d->jobs.contains("backfill_currency_code"));
}

}  // namespace
}  // namespace pawl::config
