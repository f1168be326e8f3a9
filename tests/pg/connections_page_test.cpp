// docs/connections.md says what pawl does: its examples are run, and compared line by line.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "pg/conninfo.hpp"

namespace pawl::pg {
namespace {

struct example {
  std::string kind;
  std::string text;
};

std::vector<example> examples(std::string_view kind) {
  std::ifstream page(PAWL_CONNECTIONS_PAGE);
  EXPECT_TRUE(page) << PAWL_CONNECTIONS_PAGE;
  std::vector<example> all;
  bool inside = false;
  for (std::string line; std::getline(page, line);) {
    if (!line.starts_with("```")) {
      if (inside) all.back().text += line + '\n';
      continue;
    }
    inside = !inside;
    if (inside) all.push_back({line.substr(3), ""});
  }
  std::erase_if(all, [&](const example& e) { return e.kind != kind; });
  return all;
}

std::string what_becomes_of(const std::string& text) {
  std::ostringstream shown;
  shown << text << '\n';
  const auto c = parse(text, "--db");
  if (!c) {
    const std::string origin = "--db: ";
    EXPECT_TRUE(c.error().message.starts_with(origin));
    shown << "  error: " << c.error().message.substr(origin.size()) << '\n';
    shown << "  hint: " << c.error().hint << '\n';
    return shown.str();
  }
  shown << "  " << describe(*c) << '\n';
  for (const char* keyword : {"sslmode", "sslrootcert"}) {
    if (c->values.count(keyword) == 1)
      shown << "  " << keyword << '=' << c->values.at(keyword) << '\n';
  }
  if (c->search_path) shown << "  search_path " << *c->search_path << '\n';
  if (c->pooled) shown << "  through a transaction pooler\n";
  for (const std::string& warning : c->warnings) shown << "  warning: " << warning << '\n';
  return shown.str();
}

TEST(ConnectionsPage, ShowsWhatParseDoes) {
  const auto all = examples("connection");

  EXPECT_GE(all.size(), 10U);
  for (const example& e : all) {
    EXPECT_EQ(what_becomes_of(e.text.substr(0, e.text.find('\n'))), e.text);
  }
}

TEST(ConnectionsPage, ShowsAnEnvFileThatCanBeRead) {
  const auto all = examples("sh");

  ASSERT_EQ(all.size(), 1U);
  sources from;
  from.env_file = all.front().text;
  const auto c = resolve(from).value();
  EXPECT_EQ(c.values.at("password"), "p#ss");
  EXPECT_EQ(describe(c), "localhost/shop as app");
}

TEST(ConnectionsPage, ShowsTheErrorOfAMissingConnection) {
  const auto all = examples("text");

  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(to_string(resolve({}).error()) + '\n', all.front().text);
}

}  // namespace
}  // namespace pawl::pg
