#include <algorithm>
#include <array>

#include "lint/rules.hpp"

namespace pawl::lint {
namespace {

// The volatile functions of PostgreSQL 14 to 18 that can stand in a default, and those of the
// extensions and snippets that make ids. now() and the rest of the transaction's clock are stable.
constexpr std::array<std::string_view, 25> volatile_builtins{"clock_timestamp",
                                                             "timeofday",
                                                             "random",
                                                             "random_normal",
                                                             "setseed",
                                                             "nextval",
                                                             "setval",
                                                             "currval",
                                                             "lastval",
                                                             "gen_random_uuid",
                                                             "uuidv4",
                                                             "uuidv7",
                                                             "gen_random_bytes",
                                                             "uuid_generate_v1",
                                                             "uuid_generate_v1mc",
                                                             "uuid_generate_v4",
                                                             "uuid_generate_v7",
                                                             "gen_salt",
                                                             "nanoid",
                                                             "cuid",
                                                             "ulid",
                                                             "gen_ulid",
                                                             "generate_ulid",
                                                             "txid_current",
                                                             "pg_current_xact_id"};

}  // namespace

std::optional<std::string> volatile_call(const node& expression, const schema& known) {
  for (std::string& name : functions_called(expression)) {
    const auto own = known.volatile_functions.find(name);
    const bool builtin = std::find(volatile_builtins.begin(), volatile_builtins.end(), name) !=
                         volatile_builtins.end();
    if (own != known.volatile_functions.end() ? own->second : builtin) return std::move(name);
  }
  return std::nullopt;
}

std::vector<std::string> with_names(const node& query) {
  std::vector<std::string> found;
  sql::any_object(query, [&](const node& object) {
    if (const node* cte = sql::as(object, "CommonTableExpr")) {
      found.push_back(text(*cte, "ctename"));
    }
    return false;
  });
  return found;
}

std::vector<sql::relation_name> tables_read(const node& query) {
  std::vector<sql::relation_name> found;
  const std::vector<std::string> own = with_names(query);
  sql::any_object(query, [&](const node& object) {
    if (const node* read = sql::as(object, "RangeVar")) found.push_back(relation_of(*read));
    return false;
  });
  std::erase_if(found, [&](const sql::relation_name& name) {
    return name.schema.empty() && holds(own, name.table);
  });
  return found;
}

std::string locks_out_all(const sql::relation_name& name, std::string_view during) {
  return "ACCESS EXCLUSIVE on " + as_sql(name) + (during.empty() ? "" : " ") + std::string(during) +
         ": reads and writes wait";
}

std::string locks_out_writers(const sql::relation_name& name, std::string_view during) {
  return "SHARE on " + as_sql(name) + (during.empty() ? "" : " ") + std::string(during) +
         ": INSERT, UPDATE and DELETE wait";
}

}  // namespace pawl::lint
