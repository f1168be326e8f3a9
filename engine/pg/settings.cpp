#include "pg/settings.hpp"

#include "pg/array.hpp"

namespace pawl::pg {

statement apply_settings(const settings& values) {
  std::vector<std::string> names;
  std::vector<std::string> texts;
  for (const auto& [name, text] : values) {
    names.push_back(name);
    texts.push_back(text);
  }
  return {
      "SELECT pg_catalog.count(pg_catalog.set_config(($1::pg_catalog.text[])[i], "
      "($2::pg_catalog.text[])[i], true)) "
      "FROM pg_catalog.generate_subscripts($1::pg_catalog.text[], 1) AS i",
      {to_array(names), to_array(texts)}};
}

settings own_path() {
  settings path;
  path["search_path"] = "pg_catalog, pg_temp";
  return path;
}

boost::asio::awaitable<result<result_set>> ask(connection& c, settings under, statement one,
                                               time_point deadline) {
  // A client that went away must not leave a statement behind that waits for a lock.
  under.try_emplace("client_connection_check_interval", "1s");
  std::vector<statement> statements;
  statements.push_back(apply_settings(under));
  statements.push_back(std::move(one));
  auto answers = co_await c.run(std::move(statements), deadline);
  if (answers.failure) {
    co_return std::move(*answers.failure);
  }
  co_return std::move(answers.results.back());
}

}  // namespace pawl::pg
