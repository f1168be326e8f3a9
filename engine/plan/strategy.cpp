#include "plan/strategy.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pawl::plan {

namespace {

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Of a function whose names_target is set.
std::string why_it_may_read(const function_facts& function) {
  const auto way_to = [](const std::string& other) {
    return other.empty() ? other : fmt::format("leads to {}, which ", other);
  };
  if (function.builder) {
    return way_to(*function.builder) +
           "runs SQL that it puts together, which may read the table that it changes";
  }
  if (function.foreigner) {
    return way_to(*function.foreigner) +
           "is in a language that pawl does not read, and may read the table that it changes";
  }
  return "may read the table that it changes";
}

// What the catalog knows against dividing the statement in any way, be its rows computed before or
// not; empty if nothing.
std::string obstacle(const sql::change& what, const statement_facts& facts) {
  if (!facts.self_reference.empty()) {
    return fmt::format(
        "its rows refer to one another (constraint {}), and could stand in two "
        "batches",
        facts.self_reference);
  }
  if (!facts.deferrable_key.empty()) {
    return fmt::format(
        "constraint {} is checked when a statement ends, and rows of two batches may meet in it",
        facts.deferrable_key);
  }
  for (const auto& function : facts.functions) {
    if (function.per_statement && function.writes) {
      return fmt::format(
          "trigger function {} writes to a table once for each statement, and would do so in each "
          "batch",
          function.name);
    }
    if (!function.names_target) continue;
    if (function.when == runs::by_trigger) {
      return fmt::format("trigger function {} {}", function.name, why_it_may_read(function));
    }
    if (function.when == runs::at_write) {
      return fmt::format("function {}, of a default or a check, {}", function.name,
                         why_it_may_read(function));
    }
    // What is in C is mostly harmless, and VOLATILE by default.
    if (function.is_volatile && !function.foreigner && function.when == runs::called &&
        !contains(what.derived_calls, function.name)) {
      return fmt::format(
          "function {} {}, and is VOLATILE: it sees the rows that the statement has changed so far "
          "(declare it STABLE if it need not)",
          function.name, why_it_may_read(function));
    }
    if (contains(what.late_calls, function.name)) {
      return fmt::format("function {} runs as rows are written, and {}", function.name,
                         why_it_may_read(function));
    }
  }
  return {};
}

// Why rows of two batches could meet in one row; empty if what they are told apart by stays.
std::string why_rows_meet(const sql::change& what, const statement_facts& facts) {
  const bool moves = what.kind == sql::change_kind::merge && !facts.insert_trigger.empty();
  return moves ? fmt::format("trigger {} may change the columns that are joined",
                             facts.insert_trigger)
               : facts.rows_meet;
}

// What one function says against dividing the statement row by row; empty if nothing.
std::string doubt(const sql::change& what, const function_facts& function) {
  if (function.names_read) {
    return fmt::format("{} {} may change a table that it reads",
                       function.when == runs::by_trigger ? "trigger function" : "function",
                       function.name);
  }
  if (function.when != runs::called && function.when != runs::in_view) return {};
  if (function.names_target) {
    return fmt::format("function {} {}", function.name, why_it_may_read(function));
  }
  if (function.aggregates && contains(what.own_calls, function.name)) {
    return fmt::format("{} is taken over many rows", function.name);
  }
  // A view is asked as a whole, like a subquery of FROM.
  if (function.is_volatile &&
      (function.when == runs::in_view || contains(what.derived_calls, function.name))) {
    return fmt::format("{} would give another value in each batch", function.name);
  }
  return {};
}

// What the catalog knows against dividing the statement row by row; empty if nothing.
std::string doubt(const sql::change& what, const statement_facts& facts) {
  if (facts.reaches_reads) {
    return "the action of a foreign key changes rows that it reads";
  }
  for (const auto& source : facts.sources) {
    if (source.shows_target) {
      return fmt::format("{} shows rows of the table that it changes", source.name);
    }
    if (source.combines) {
      return fmt::format(
          "{} is a view with a set operation, under whose plans a row that another session has "
          "just changed can be left out",
          source.name);
    }
    if (source.groups) {
      return fmt::format("{} is a view that groups, ranks, samples or limits rows, or a sequence",
                         source.name);
    }
    if (source.is_foreign) {
      return fmt::format(
          "{} holds rows of a foreign table, which may be those of the table that it changes",
          source.name);
    }
  }
  for (const auto& function : facts.functions) {
    if (auto why = doubt(what, function); !why.empty()) return why;
  }
  return {};
}

verdict one(std::string reason) {
  return {strategy::one_statement, std::move(reason), std::nullopt};
}

verdict by_snapshot(std::string reason) {
  return {strategy::snapshot, std::move(reason), std::nullopt};
}

error marker_asked(const std::string& why) {
  error e;
  e.code = errc::marker_needed;
  e.message = fmt::format("the statement cannot be divided into batches: {}", why);
  e.hint =
      "If you know that it can, say so: `-- pawl:batch LABEL table=schema.t key=id` on the line "
      "before it, and `AND /* pawl:range */ true` in the WHERE that reads the rows.";
  return e;
}

// Why the rounds of an author's loop may come to something else than the one statement; empty if
// each takes rows that no other round touches, and finds them as they were before the first.
std::string why_rounds_differ(const sql::author_rounds& rounds, const sql::change& what,
                              const statement_facts& facts) {
  if (what.by != sql::division::target) return what.reason;
  if (auto never = obstacle(what, facts); !never.empty()) return never;
  if (auto open = doubt(what, facts); !open.empty()) return open;
  for (const auto& function : facts.functions) {
    const bool counts = function.when == runs::called && function.is_volatile;
    if (counts && !contains(rounds.may_vary, function.name)) {
      return fmt::format("{} may give another value in each round", function.name);
    }
  }
  if (rounds.key == "ctid") {
    return facts.is_divided
               ? "its rounds name rows by ctid, which rows of several partitions have in common"
               : std::string{};
  }
  if (!holds_key(facts.target_indexes, {rounds.key})) {
    return fmt::format(
        "\"{}\" of {} is not known to be unique, so that a round takes more rows than its LIMIT "
        "says",
        rounds.key, what.target.table);
  }
  const bool may_lack = std::all_of(
      facts.target_indexes.begin(), facts.target_indexes.end(), [&](const index_facts& index) {
        return index.any_nullable || !holds_key({index}, {rounds.key});
      });
  return may_lack ? fmt::format("\"{}\" of {} may be NULL, and its rounds never change such a row",
                                rounds.key, what.target.table)
                  : std::string{};
}

verdict judge_rounds(const sql::author_rounds& rounds, const sql::change& what,
                     const statement_facts& facts) {
  if (auto why = why_rounds_differ(rounds, what, facts); !why.empty()) {
    return {strategy::target_key, {}, loop_refused(why)};
  }
  return {strategy::target_key, what.reason, std::nullopt};
}

verdict undivided(const error& refusal, const statement_facts& facts) {
  if (facts.whole_bytes <= one_statement_bytes_max) {
    return one(fmt::format("the table is small enough for one transaction; {}", refusal.message));
  }
  return {strategy::target_key, {}, refusal};
}

}  // namespace

error loop_refused(const std::string& why) {
  error e;
  e.code = errc::not_a_job;
  e.message = fmt::format("this DO block cannot be run as a job: {}", why);
  e.hint =
      "Write the one UPDATE or DELETE that the loop adds up to, without its LIMIT, if that is what "
      "you want; pawl divides it.";
  return e;
}

bool holds_key(const std::vector<index_facts>& indexes, const std::vector<std::string>& columns) {
  return std::any_of(indexes.begin(), indexes.end(), [&](const index_facts& index) {
    return index.is_valid && index.is_immediate && !index.is_partial && !index.has_expressions &&
           !index.other_collation && index.is_ordered && !index.names.empty() &&
           std::all_of(index.names.begin(), index.names.end(),
                       [&](const std::string& name) { return contains(columns, name); });
  });
}

verdict judge(const sql::change& what, const statement_facts& facts) {
  if (what.by == sql::division::marked) return {strategy::marked, what.reason, std::nullopt};
  if (what.rounds) return judge_rounds(*what.rounds, what, facts);
  if (holds_key(facts.target_indexes, what.constants)) {
    return one("WHERE names one row by its key");
  }
  if (what.undivided) return undivided(*what.undivided, facts);
  if (auto never = what.markers.empty() ? obstacle(what, facts) : std::string{}; !never.empty()) {
    return undivided(marker_asked(never), facts);
  }
  if (const auto meet = why_rows_meet(what, facts); !meet.empty())
    return undivided(marker_asked(meet), facts);
  if (what.by == sql::division::snapshot) return by_snapshot(what.reason);
  // Where the author said by a marker which rows belong together, the text is his word.
  auto open = what.markers.empty() ? doubt(what, facts) : std::string{};
  const bool by_row = open.empty();
  if (by_row && !what.unique_by.empty() && !holds_key(facts.walked_indexes, what.unique_by)) {
    open = fmt::format("\"{}\" of {} is not known to be unique, so rows of two batches could meet",
                       what.unique_by.front(), what.target.table);
  }
  const bool can_compute = what.kind == sql::change_kind::merge || !by_row;
  if (!open.empty() && what.pieces && can_compute) {
    return by_snapshot(open + ": keys and values are computed once, before the first change");
  }
  if (!open.empty()) return undivided(marker_asked(open), facts);
  const bool by_source = what.by == sql::division::source;
  return {by_source ? strategy::source_key : strategy::target_key, what.reason, std::nullopt};
}

verdict judge_without_key(const sql::change& what, const statement_facts& facts,
                          const error& no_key) {
  const bool lacks_key = no_key.code == errc::no_key || no_key.code == errc::key_unusable;
  const bool can_snapshot = what.by == sql::division::source && what.pieces.has_value();
  if (can_snapshot && (lacks_key || no_key.code == errc::target_unusable)) {
    return by_snapshot(no_key.message + ", so its rows are computed once and numbered");
  }
  return lacks_key && what.by != sql::division::marked ? undivided(no_key, facts)
                                                       : verdict{strategy::source_key, {}, no_key};
}

std::string_view name_of(strategy s) {
  switch (s) {
    case strategy::target_key:
      return "target-key";
    case strategy::source_key:
      return "source-key";
    case strategy::snapshot:
      return "snapshot";
    case strategy::one_statement:
      return "one-statement";
    case strategy::marked:
      return "marked";
  }
  return "";
}

bool needs_work_table(strategy s) {
  return s == strategy::snapshot || s == strategy::one_statement;
}

}  // namespace pawl::plan
