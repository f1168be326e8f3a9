#include "pg/result_set.hpp"

#include <charconv>
#include <cstdlib>

namespace pawl::pg {

namespace {

std::int64_t to_integer(std::string_view text) {
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

std::optional<std::string_view> result_set::value(int row, int column) const {
  if (PQgetisnull(raw_.get(), row, column) != 0) {
    return std::nullopt;
  }
  const auto size = static_cast<std::size_t>(PQgetlength(raw_.get(), row, column));
  return std::string_view{PQgetvalue(raw_.get(), row, column), size};
}

std::int64_t result_set::integer(int row, int column) const {
  return to_integer(value(row, column).value_or("0"));
}

double result_set::real(int row, int column) const {
  return std::strtod(PQgetvalue(raw_.get(), row, column), nullptr);
}

std::int64_t result_set::affected_rows() const {
  return to_integer(PQcmdTuples(raw_.get()));
}

}  // namespace pawl::pg
