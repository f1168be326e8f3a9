#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "lint/rules.hpp"

namespace pawl::lint {
namespace {

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
  c.tx.timeout_before = c.past.timeout;
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
  end_timeout(c, u, rolled_back);
  c.past.values.clear();  // usable from here on, or gone
  c.past.not_valid.clear();
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
  } else if (is_change(u.kind)) {
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
  if (c.tx.locked.empty()) return;
  const bool is_one = c.tx.open || u.in_code;
  const std::string held = as_sql(c.tx.locked.front());
  const sql::relation_name on = relation_of(part(*u.body, "relation"));
  if (is_change(u.kind) && u.kind != "InsertStmt" && c.matters(on)) {
    c.tell(
        u, "L53", u.begin(),
        {fmt::format("rows of {} are changed while {} is locked against everybody", as_sql(on),
                     held),
         fmt::format("ACCESS EXCLUSIVE on {} until COMMIT: reads and writes wait", held),
         "COMMIT before it; pawl runs the change as a job of its own"},
        // Sent as one text the file is one transaction too; pawl sends its statements one by one.
        is_one ? std::nullopt : std::optional(severity::rewritten));
  } else if (is_one && is_long(c, u) &&
             !(c.tx.locked.size() == 1 && key_of(c.tx.locked.front()) == key_of(on))) {
    c.tell(u, "L41", u.begin(),
           {fmt::format("this takes long while {} is locked against everybody since an earlier "
                        "statement",
                        held),
            fmt::format("ACCESS EXCLUSIVE on {} until COMMIT: reads and writes wait", held),
            "COMMIT between the two"});
  }
}

// AlterTableGetLockLevel() of PostgreSQL: what is below ACCESS EXCLUSIVE.
bool locks_all_out(const node& command) {
  constexpr std::array<std::string_view, 18> weak{
      "AT_ValidateConstraint", "AT_SetStatistics",    "AT_SetOptions",
      "AT_ResetOptions",       "AT_SetRelOptions",    "AT_ResetRelOptions",
      "AT_ClusterOn",          "AT_DropCluster",      "AT_AttachPartition",
      "AT_EnableTrig",         "AT_EnableAlwaysTrig", "AT_EnableReplicaTrig",
      "AT_EnableTrigAll",      "AT_EnableTrigUser",   "AT_DisableTrig",
      "AT_DisableTrigAll",     "AT_DisableTrigUser",  "AT_DetachPartitionFinalize"};
  const std::string subtype = text(command, "subtype");
  const node& def = part(command, "def");
  if (subtype == "AT_AddConstraint") {
    return text(part(def, "Constraint"), "contype") != "CONSTR_FOREIGN";
  }
  if (subtype == "AT_DetachPartition") return !flag(part(def, "PartitionCmd"), "concurrent");
  return std::find(weak.begin(), weak.end(), subtype) == weak.end();
}

void check_alone(context& c, const unit& u) {
  if (c.tx.open || u.in_code) {
    c.tell(u, "L92", u.begin(),
           {c.tx.open ? "PostgreSQL refuses this inside of BEGIN … COMMIT"
                      : "PostgreSQL refuses this inside of a DO block",
            {},
            "a step of its own, outside of any transaction"});
  } else if (c.statements > 1) {
    c.tell(u, "L92", u.begin(),
           {"PostgreSQL refuses this where a file of several statements is sent as one",
            {},
            "a migration of its own"},
           severity::warning);
  }
}

}  // namespace

std::vector<sql::relation_name> strongly_locked(const unit& u) {
  const node& body = *u.body;
  std::vector<sql::relation_name> found;
  if (u.kind == "AlterTableStmt" && text(body, "objtype") == "OBJECT_TABLE") {
    const node& commands = part(body, "cmds");
    const bool strong = std::any_of(commands.begin(), commands.end(), [&](const node& item) {
      return locks_all_out(part(item, "AlterTableCmd"));
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
  } else if (u.kind == "RuleStmt") {
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
  if (needs_no_transaction(u)) check_alone(c, u);
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

namespace {

void check_lock(context& c, const unit& u, const sql::relation_name& name) {
  note_lock(c, u);
  const bool held = std::any_of(c.tx.locked.begin(), c.tx.locked.end(),
                                [&](const auto& other) { return key_of(other) == key_of(name); });
  if (held) return;
  c.tx.locked.push_back(name);
  if (c.tx.locked.size() != 2) return;
  const std::string first = as_sql(c.tx.locked.front());
  c.tell(u, "L40", u.begin(),
         {fmt::format("{} is locked while the transaction still holds {}: another session that "
                      "takes them the other way round deadlocks",
                      as_sql(name), first),
          fmt::format("ACCESS EXCLUSIVE on {} and on {} until COMMIT", first, as_sql(name)),
          "one transaction for each table"},
         c.tx.open ? std::optional(severity::warning) : std::nullopt);
}

}  // namespace

void check_scope(context& c, const unit& u) {
  check_pending_triggers(c, u);
  check_after_lock(c, u);
  for (const sql::relation_name& name : strongly_locked(u)) {
    if (c.is_new(name) || name.table.empty()) continue;
    check_lock(c, u, name);
  }
  if (u.kind == "RenameStmt" && text(*u.body, "renameType") == "OBJECT_TABLE") {
    const sql::relation_name from = relation_of(part(*u.body, "relation"));
    for (sql::relation_name& held : c.tx.locked) {
      if (key_of(held) == key_of(from)) held.table = text(*u.body, "newname");
    }
  }
}

void end_of_file(context& c, const unit& last) {
  if (!c.tx.open) return;
  c.tell(last, "L90", c.tx.begin,
         {"BEGIN without COMMIT: nothing of it would last", {}, "write the COMMIT"});
}

}  // namespace pawl::lint
