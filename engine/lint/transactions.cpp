#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "lint/rules.hpp"

namespace pawl::lint {
namespace {

constexpr int deadlock_timeout_ms = 1000;  // PostgreSQL's default

// "100ms", "2s", "500" (ms); nullopt for what is none of these.
std::optional<long long> milliseconds(std::string_view written) {
  double number = 0;
  const auto [end, bad] = std::from_chars(written.data(), written.data() + written.size(), number);
  if (bad != std::errc{}) return std::nullopt;
  std::string_view unit = written.substr(static_cast<std::size_t>(end - written.data()));
  while (unit.starts_with(' ')) unit.remove_prefix(1);
  constexpr std::array<std::pair<std::string_view, double>, 6> units{
      {{"", 1}, {"ms", 1}, {"s", 1000}, {"min", 60'000}, {"h", 3'600'000}, {"us", 0.001}}};
  for (const auto& [name, factor] : units) {
    if (unit == name) return static_cast<long long>(number * factor);
  }
  return std::nullopt;
}

struct timeout_change {
  std::string value;  // empty: back to the default
  bool local = false;
};

// SET, SET LOCAL, RESET and set_config() of lock_timeout.
std::optional<timeout_change> timeout_change_of(const unit& u) {
  const node& body = *u.body;
  if (u.kind == "VariableSetStmt") {
    if (text(body, "name") != "lock_timeout") return std::nullopt;
    const node& values = part(body, "args");
    const bool has_value = text(body, "kind") == "VAR_SET_VALUE" && values.is_array();
    return timeout_change{has_value ? constant_of(values.front()).value_or("") : "",
                          flag(body, "is_local")};
  }
  for (const node& item : part(body, "targetList")) {
    const node* call = sql::as(part(part(item, "ResTarget"), "val"), "FuncCall");
    const node& values = call == nullptr ? body : part(*call, "args");
    if (call == nullptr || !holds(names(*call, "funcname"), "set_config")) continue;
    if (values.size() != 3 || constant_of(values[0]) != "lock_timeout") continue;
    return timeout_change{constant_of(values[1]).value_or(""), constant_of(values[2]) == "true"};
  }
  return std::nullopt;
}

void check_timeout(context& c, const unit& u) {
  const auto change = timeout_change_of(u);
  if (!change) return;
  const auto value = milliseconds(change->value);
  if (value && *value > 0 && *value < deadlock_timeout_ms) {
    c.tell(u, "L45", u.begin(),
           {fmt::format("lock_timeout {} gives up before PostgreSQL would cancel the autovacuum in "
                        "the way, which takes deadlock_timeout (1 s)",
                        change->value),
            {},
            "2 s, with further tries"});
  }
  const bool sets = value && *value > 0;
  const char* why = nullptr;
  if (change->local && !c.tx.open) {
    why = "SET LOCAL outside of BEGIN … COMMIT has no effect where statements are sent one by one";
  } else if (sets && c.past.strong_lock) {
    why = "lock_timeout is set after the statement that needs it";
  }
  if (why != nullptr) {
    c.tell(u, "L44", u.begin(),
           {why, "the statement waits without limit, and everybody queues behind it",
            "set it before the first lock, in the same transaction; pawl does for each step"});
  }
  if (sets) c.tx.timeout_set = u.begin();
}

void begin_transaction(context& c, const unit& u) {
  if (c.tx.open) {
    c.tell(u, "L90", u.begin(),
           {"BEGIN inside of a transaction does nothing, and the next COMMIT ends both",
            {},
            "one BEGIN and one COMMIT; SAVEPOINT for a part"});
    return;
  }
  c.tx = {};
  c.tx.open = true;
  c.tx.begin = u.begin();
}

void end_transaction(context& c, const unit& u, bool rolled_back) {
  if (!c.tx.open) {
    c.tell(u, "L90", u.begin(),
           {fmt::format("{} without BEGIN ends the transaction of the tool that runs the file",
                        rolled_back ? "ROLLBACK" : "COMMIT"),
            {},
            "leave it out, or write the BEGIN too"});
    return;
  }
  if (rolled_back && c.tx.timeout_set) {
    c.tell(u, "L44", *c.tx.timeout_set,
           {"ROLLBACK undoes this SET of lock_timeout", {}, "set it again after the ROLLBACK"});
  }
  c.tx = {};
}

// What PostgreSQL refuses inside of BEGIN ... COMMIT.
bool needs_no_transaction(const unit& u) {
  constexpr std::array<std::string_view, 5> always{"CreatedbStmt", "DropdbStmt", "AlterSystemStmt",
                                                   "CreateTableSpaceStmt", "DropTableSpaceStmt"};
  if (std::find(always.begin(), always.end(), u.kind) != always.end()) return true;
  if (u.kind == "VacuumStmt") return flag(*u.body, "is_vacuumcmd");
  if (u.kind == "ClusterStmt") return !u.body->contains("relation");
  if (u.kind != "ReindexStmt") return false;
  const std::string kind = text(*u.body, "kind");
  return kind == "REINDEX_OBJECT_SCHEMA" || kind == "REINDEX_OBJECT_DATABASE" ||
         kind == "REINDEX_OBJECT_SYSTEM";
}

bool is_concurrent(const unit& u) {
  if (u.kind == "IndexStmt") return flag(*u.body, "concurrent");
  if (u.kind == "DropStmt") {
    return text(*u.body, "removeType") == "OBJECT_INDEX" && flag(*u.body, "concurrent");
  }
  if (u.kind == "ReindexStmt") return has_option(part(*u.body, "params"), "concurrently");
  return u.kind == "AlterTableStmt" && sql::any_object(part(*u.body, "cmds"), [](const node& n) {
           return flag(part(n, "PartitionCmd"), "concurrent");
         });
}

bool is_change(const unit& u) {
  constexpr std::array<std::string_view, 4> kinds{"UpdateStmt", "DeleteStmt", "MergeStmt",
                                                  "InsertStmt"};
  return std::find(kinds.begin(), kinds.end(), u.kind) != kinds.end();
}

// The rules of this statement that stand for a scan, a rewrite or the build of an index.
bool is_long(const context& c, const unit& u) {
  constexpr std::array<std::string_view, 16> work{"L01", "L02", "L03", "L04", "L05", "L06",
                                                  "L07", "L11", "L12", "L13", "L14", "L15",
                                                  "L16", "L20", "L22", "L23"};
  return std::any_of(c.told.begin(), c.told.end(), [&](const draft& d) {
    return d.statement == u.number &&
           std::find(work.begin(), work.end(), d.what.of->id) != work.end();
  });
}

void check_pending_triggers(context& c, const unit& u) {
  if (u.kind == "AlterTableStmt") {
    const sql::relation_name on = relation_of(part(*u.body, "relation"));
    if (!holds(c.tx.changed_deferred, key_of(on))) return;
    c.tell(u, "L94", u.begin(),
           {fmt::format("rows of {} were changed in this transaction and their deferred checks are "
                        "pending, so this fails with 55006",
                        as_sql(on)),
            {},
            "SET CONSTRAINTS ALL IMMEDIATE before it, or a COMMIT"});
  } else if (is_change(u)) {
    const sql::relation_name on = relation_of(part(*u.body, "relation"));
    const table* known = std::as_const(c.known).find_table(on);
    if (known == nullptr) return;
    const bool deferred = std::any_of(known->constraints.begin(), known->constraints.end(),
                                      [](const constraint& k) { return k.deferred; });
    if (deferred) c.tx.changed_deferred.push_back(key_of(on));
  } else if (u.kind == "ConstraintsSetStmt" && !flag(*u.body, "deferred")) {
    c.tx.changed_deferred.clear();
  }
}

void check_after_lock(context& c, const unit& u) {
  if (!c.tx.open || c.tx.locked.empty()) return;
  const std::string& held = c.tx.locked.front();
  const sql::relation_name on = relation_of(part(*u.body, "relation"));
  if (is_change(u) && u.kind != "InsertStmt" && c.matters(on)) {
    c.tell(u, "L53", u.begin(),
           {fmt::format("rows of {} are changed while {} is locked against everybody", as_sql(on),
                        held),
            fmt::format("ACCESS EXCLUSIVE on {} until COMMIT: reads and writes wait", held),
            "COMMIT before it; pawl runs the change as a job of its own"});
  } else if (is_long(c, u) && !(c.tx.locked.size() == 1 && held == as_sql(on))) {
    c.tell(u, "L41", u.begin(),
           {fmt::format("this takes long while {} is locked against everybody since an earlier "
                        "statement",
                        held),
            fmt::format("ACCESS EXCLUSIVE on {} until COMMIT: reads and writes wait", held),
            "COMMIT between the two"});
  }
}

}  // namespace

std::vector<sql::relation_name> strongly_locked(const unit& u) {
  const node& body = *u.body;
  std::vector<sql::relation_name> found;
  if (u.kind == "AlterTableStmt" && text(body, "objtype") == "OBJECT_TABLE") {
    constexpr std::array<std::string_view, 4> weak{"AT_ValidateConstraint", "AT_SetStatistics",
                                                   "AT_SetRelOptions", "AT_AttachPartition"};
    const node& commands = part(body, "cmds");
    const bool strong = std::any_of(commands.begin(), commands.end(), [&](const node& item) {
      const std::string subtype = text(part(item, "AlterTableCmd"), "subtype");
      return std::find(weak.begin(), weak.end(), subtype) == weak.end();
    });
    if (strong) found.push_back(relation_of(part(body, "relation")));
  } else if (u.kind == "RenameStmt" && body.contains("relation")) {
    if (text(body, "renameType") != "OBJECT_INDEX")
      found.push_back(relation_of(part(body, "relation")));
  } else if (u.kind == "DropStmt" && text(body, "removeType") == "OBJECT_TABLE") {
    for (const node& object : part(body, "objects")) {
      found.push_back(relation_of_names(names(part(object, "List"), "items")));
    }
  } else if (u.kind == "TruncateStmt") {
    for (const node& item : part(body, "relations")) found.push_back(relation_of(item));
  } else if (u.kind == "CreatePolicyStmt") {
    found.push_back(relation_of(part(body, "table")));
  } else if (u.kind == "CreateTrigStmt" || u.kind == "RuleStmt") {
    found.push_back(relation_of(part(body, "relation")));
  }
  return found;
}

void check_transaction(context& c, const unit& u) {
  if (u.kind == "TransactionStmt") {
    const std::string kind = text(*u.body, "kind");
    if (kind == "TRANS_STMT_BEGIN" || kind == "TRANS_STMT_START") begin_transaction(c, u);
    if (kind == "TRANS_STMT_COMMIT") end_transaction(c, u, false);
    if (kind == "TRANS_STMT_ROLLBACK") end_transaction(c, u, true);
    return;
  }
  check_timeout(c, u);
  if (c.tx.open && needs_no_transaction(u)) {
    c.tell(u, "L92", u.begin(),
           {"PostgreSQL refuses this inside of BEGIN … COMMIT", {}, "put it behind the COMMIT"});
  }
  if (is_concurrent(u) && (c.tx.open || u.in_code || c.statements > 1)) {
    c.tell(
        u, "L26", u.begin(),
        {c.tx.open || u.in_code
             ? "PostgreSQL refuses CONCURRENTLY inside of a transaction"
             : "PostgreSQL refuses CONCURRENTLY where a file of several statements is sent as one",
         {},
         "a step of its own, outside of any transaction"});
  }
}

void check_scope(context& c, const unit& u) {
  check_pending_triggers(c, u);
  check_after_lock(c, u);
  for (const sql::relation_name& name : strongly_locked(u)) {
    if (c.is_new(name) || name.table.empty()) continue;
    c.past.strong_lock = true;
    if (holds(c.tx.locked, as_sql(name))) continue;
    c.tx.locked.push_back(as_sql(name));
    if (c.tx.locked.size() != 2) continue;
    c.tell(u, "L40", u.begin(),
           {fmt::format("{} is locked while the transaction still holds {}: another session that "
                        "takes them the other way round deadlocks",
                        as_sql(name), c.tx.locked.front()),
            fmt::format("ACCESS EXCLUSIVE on {} and on {} until COMMIT", c.tx.locked.front(),
                        as_sql(name)),
            "one transaction for each table"},
           c.tx.open ? std::optional(severity::warning) : std::nullopt);
  }
}

void end_of_file(context& c, const unit& last) {
  if (!c.tx.open) return;
  c.tell(last, "L90", c.tx.begin,
         {"BEGIN without COMMIT: nothing of it would last", {}, "write the COMMIT"});
}

}  // namespace pawl::lint
