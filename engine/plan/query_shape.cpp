#include "plan/query_shape.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "pg/array.hpp"
#include "pg/settings.hpp"
#include "plan/queries.hpp"

namespace pawl::plan {

namespace asio = boost::asio;

namespace {

// The server knows the collation of an expression while it parses; joined on false, no row is read.
std::string collations_of(std::string_view with, std::string_view item, std::size_t columns,
                          const std::vector<std::size_t>& collatable) {
  std::vector<std::string> names;
  for (std::size_t i = 1; i <= columns; ++i) names.push_back(fmt::format("pawl_{}", i));
  std::vector<std::string> wanted;
  for (const auto at : collatable) {
    for (const auto* what :
         {"pg_catalog.format('%I.%I', n.nspname, k.collname)", "k.collisdeterministic"}) {
      wanted.push_back(
          fmt::format("(SELECT {} FROM pg_catalog.pg_collation k JOIN pg_catalog.pg_namespace n ON "
                      "n.oid = k.collnamespace WHERE k.oid = pg_catalog.to_regcollation("
                      "pg_catalog.pg_collation_for(pawl_s.{})))",
                      what, names[at]));
    }
  }
  return fmt::format(
      "{}SELECT {} FROM (SELECT) AS pawl_one LEFT JOIN (SELECT * FROM {}) AS pawl_s ({}) ON false",
      with, fmt::join(wanted, ", "), item, fmt::join(names, ", "));
}

}  // namespace

asio::awaitable<result<std::vector<shown_column>>> read_shape(pg::connection& c, settings under,
                                                              std::string with, std::string item,
                                                              pg::time_point deadline) {
  pg::statement none{fmt::format("{}SELECT * FROM {} LIMIT 0", with, item)};
  auto shown = co_await pg::ask(c, under, std::move(none), deadline);
  if (!shown) {
    co_return shown.error();
  }
  std::vector<shown_column> found;
  std::vector<std::string> oids;
  std::vector<std::string> modifiers;
  for (int column = 0; column < shown->columns(); ++column) {
    found.push_back({PQfname(shown->raw(), column), {}, {}});
    oids.push_back(std::to_string(PQftype(shown->raw(), column)));
    modifiers.push_back(std::to_string(PQfmod(shown->raw(), column)));
  }
  pg::statement named{std::string{queries::types}, {pg::to_array(oids), pg::to_array(modifiers)}};
  auto types = co_await pg::ask(c, pg::own_path(), std::move(named), deadline);
  if (!types) {
    co_return types.error();
  }
  std::vector<std::size_t> collatable;
  for (std::size_t i = 0; i < found.size(); ++i) {
    found[i].type = types->text(static_cast<int>(i), 0);
    if (types->boolean(static_cast<int>(i), 1)) {
      collatable.push_back(i);
    }
  }
  if (collatable.empty()) {
    co_return found;
  }
  pg::statement asked{collations_of(with, item, found.size(), collatable)};
  auto collations = co_await pg::ask(c, std::move(under), std::move(asked), deadline);
  if (!collations) {
    co_return collations.error();
  }
  for (std::size_t i = 0; i < collatable.size(); ++i) {
    auto& column = found[collatable[i]];
    const int at = static_cast<int>(2 * i);
    column.collation = collations->text(0, at);
    column.is_deterministic = collations->boolean(0, at + 1);
  }
  co_return found;
}

}  // namespace pawl::plan
