#include "plan/catalog_values.hpp"

#include "pg/array.hpp"

namespace pawl::plan {

std::vector<std::string> texts(const pg::result_set& rows, int row, int column) {
  return pg::from_array(rows.value(row, column).value_or("{}"))
      .value_or(std::vector<std::string>{});
}

std::string oid_array(const std::vector<object_id>& oids) {
  std::vector<std::string> texts;
  for (const auto oid : oids) {
    texts.push_back(std::to_string(oid));
  }
  return pg::to_array(texts);
}

char letter(const pg::result_set& rows, int row, int column) {
  const auto text = rows.text(row, column);
  return text.empty() ? ' ' : text.front();
}

}  // namespace pawl::plan
