#include <fmt/format.h>

#include <optional>
#include <utility>

#include "lint/learn.hpp"
#include "lint/rules.hpp"

namespace pawl::lint {
namespace {

void check_reindex(context& c, const unit& u) {
  const node& body = *u.body;
  const bool concurrent = has_option(part(body, "params"), "concurrently");
  const int version = c.known.server_version;
  if (concurrent && version >= 140000 && version <= 140003) {
    c.tell(u, "L32", u.begin(),
           {"REINDEX CONCURRENTLY can corrupt the index on this server's version",
            {},
            "update PostgreSQL to 14.4 or later first"});
  }
  if (concurrent) return;
  const sql::relation_name on = relation_of(part(body, "relation"));
  const bool index = text(body, "kind") == "REINDEX_OBJECT_INDEX";
  if (!index && !on.table.empty() && !c.matters(on)) return;
  const std::string what = on.table.empty() ? text(body, "name") : as_sql(on);
  c.tell(u, "L25", u.begin(),
         {fmt::format("REINDEX of {} blocks writes until it is done, and reads that would plan "
                      "with the index",
                      what),
          fmt::format("SHARE on the table, ACCESS EXCLUSIVE on the index: {}",
                      "writes wait, and in practice reads"),
          "REINDEX CONCURRENTLY outside of a transaction, with what it may leave cleaned up"});
}

void check_replacement(context& c, const unit& u, const sql::relation_name& on,
                       const std::vector<std::string>& columns) {
  for (const auto& gone : c.past.indexes) {
    if (gone.table != key_of(on) || columns.empty() || gone.what.columns.empty()) continue;
    if (columns.front().empty() || gone.what.columns.front() != columns.front()) continue;
    c.tell(u, "L29", u.begin(),
           {fmt::format("index {} is dropped before this one replaces it: queries between the two "
                        "have none",
                        as_sql(gone.what.name)),
            {},
            "build the new index first, then drop the old one"});
    return;
  }
}

void check_leftover(context& c, const unit& u, const sql::relation_name& on,
                    const std::string& name) {
  const table* known = std::as_const(c.known).find_table(on);
  if (known == nullptr) return;
  for (const index& i : known->indexes) {
    if (i.valid || i.made_in == c.file) continue;
    const bool same = i.name == name;
    c.tell(u, "L30", u.begin(),
           {fmt::format("invalid index {} is left on {}, {}", as_sql(i.name), as_sql(on),
                        same ? "so this fails or silently keeps it"
                             : "which costs every write and serves no query"),
            {},
            fmt::format("DROP INDEX CONCURRENTLY {} first (P2)", as_sql(i.name))},
           same ? std::optional(severity::error) : std::nullopt);
  }
}

void check_concurrent(context& c, const unit& u, const std::string& name) {
  const int version = c.known.server_version;
  if (version >= 140000 && version <= 140003) {
    c.tell(u, "L32", u.begin(),
           {"CREATE INDEX CONCURRENTLY can corrupt the index on this server's version",
            {},
            "update PostgreSQL to 14.4 or later first"});
  }
  if (flag(*u.body, "if_not_exists")) {
    c.tell(u, "L27", u.begin(),
           {fmt::format("IF NOT EXISTS keeps {} also when an interrupted build left it invalid",
                        name.empty() ? "an index" : as_sql(name)),
            {},
            "look at pg_index.indisvalid, drop an invalid index and build it again (P2)"});
  }
}

void check_create_index(context& c, const unit& u) {
  const node& body = *u.body;
  const node& relation = part(body, "relation");
  const sql::relation_name on = relation_of(relation);
  const std::string name = text(body, "idxname");
  const table* known = std::as_const(c.known).find_table(on);
  const index made = index_of(body, c.file);
  if (flag(body, "concurrent")) check_concurrent(c, u, name);
  check_leftover(c, u, on, name);
  if (c.is_new(on)) return;
  check_replacement(c, u, on, made.columns);
  if (made.unique && !made.partial && made.reads.empty()) {
    check_duplicates(c, u, u.begin(), on, made.columns, body);
  }
  if (flag(body, "concurrent") || !c.matters(on)) return;
  const std::string what =
      fmt::format("{} {}", made.unique ? "CREATE UNIQUE INDEX" : "CREATE INDEX",
                  name.empty() ? "" : as_sql(name));
  if (known != nullptr && known->partitioned) {
    if (!flag(relation, "inh")) return;
    c.tell(u, "L28", u.begin(),
           {fmt::format("{} on partitioned {} blocks writes on every partition until all are done",
                        what, as_sql(on)),
            locks_out_writers(on, "and every partition while the indexes are built"),
            "CREATE INDEX ON ONLY, CONCURRENTLY on each partition, ALTER INDEX ATTACH (P2)"});
    return;
  }
  c.tell(u, "L20", u.begin(),
         {fmt::format("{} on {} blocks writes until it is built", what, as_sql(on)),
          locks_out_writers(on, "while the index is built"),
          "CREATE INDEX CONCURRENTLY in a step of its own, checked for validity (P2)"});
}

}  // namespace

void check_index(context& c, const unit& u) {
  if (u.kind == "ReindexStmt") return check_reindex(c, u);
  check_create_index(c, u);
}

}  // namespace pawl::lint
