// The rows of one statement: an owning view of libpq's result, text format.
#pragma once

#include <libpq-fe.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace pawl::pg {

class result_set {
 public:
  // Takes ownership.
  explicit result_set(PGresult* raw) : raw_(raw) {}

  // PGRES_EMPTY_QUERY also stands for "no result".
  ExecStatusType status() const {
    return raw_ == nullptr ? PGRES_EMPTY_QUERY : PQresultStatus(raw_.get());
  }
  const PGresult* raw() const { return raw_.get(); }

  int rows() const { return PQntuples(raw_.get()); }
  int columns() const { return PQnfields(raw_.get()); }

  // nullopt is SQL NULL. The view lives as long as this object.
  std::optional<std::string_view> value(int row, int column) const;

  // The value of a column that the statement makes non-null; empty if it is NULL all the same.
  std::string text(int row, int column) const {
    return std::string{value(row, column).value_or("")};
  }
  // Numbers as the server printed them; 0 for NULL.
  std::int64_t integer(int row, int column) const;
  double real(int row, int column) const;
  bool boolean(int row, int column) const { return value(row, column) == "t"; }

  // "UPDATE 5", "COMMIT", "ROLLBACK".
  std::string_view command_tag() const { return PQcmdStatus(raw_.get()); }
  // The row count of the tag, 0 where it has none.
  std::int64_t affected_rows() const;

 private:
  struct clear {
    void operator()(PGresult* r) const { PQclear(r); }
  };
  std::unique_ptr<PGresult, clear> raw_;
};

}  // namespace pawl::pg
