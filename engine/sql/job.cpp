#include "sql/job.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "sql/big_stack.hpp"
#include "sql/canonical.hpp"
#include "sql/change.hpp"
#include "sql/directive.hpp"
#include "sql/expression.hpp"
#include "sql/identifier.hpp"
#include "sql/limits.hpp"
#include "sql/loop.hpp"
#include "sql/marker.hpp"
#include "sql/options.hpp"
#include "sql/parse_tree.hpp"
#include "sql/pending.hpp"
#include "sql/source.hpp"
#include "sql/split.hpp"

namespace pawl::sql {
namespace {

// The comments that speak to pawl, sorted by the statement they bind to.
struct annotations {
  options of_file;
  std::vector<options> of_statement;
  std::vector<std::vector<slice>> markers;
};

std::optional<error> annotate_directive(const source& in, const comment& c, annotations& to) {
  const auto read = read_directive(in, c);
  if (!read) return read.error();
  if (!*read) return std::nullopt;
  const directive& d = **read;
  if (d.name == "ignore") return std::nullopt;  // speaks to `pawl check` alone
  if (c.of >= to.of_statement.size()) {
    return in.fault(errc::bad_directive, d.begin,
                    fmt::format("directive `{}` stands after the last statement", d.name),
                    "Move it before the statement it speaks of.");
  }
  const bool file_wide = c.of == 0 && binds_to_file(d);
  return add_directive(in, d, file_wide ? to.of_file : to.of_statement[c.of]);
}

std::optional<error> annotate_marker(const source& in, const comment& c, annotations& to) {
  const auto read = read_marker(in, c);
  if (!read) return read.error();
  if (!*read) return std::nullopt;
  // A comment before `true` as a statement's first word is left to the parser, which refuses it.
  if (c.inside) to.markers[c.of].push_back(**read);
  return std::nullopt;
}

result<annotations> annotate(const source& in, const layout& divided) {
  annotations found;
  found.of_statement.resize(divided.statements.size());
  found.markers.resize(divided.statements.size());
  for (const comment& c : divided.comments) {
    const bool line = c.at.kind == token_kind::line_comment;
    auto failed = line ? annotate_directive(in, c, found) : annotate_marker(in, c, found);
    if (failed) return std::move(*failed);
  }
  return found;
}

std::optional<error> add_check(const source& in, const statement& st, const options& said,
                               std::vector<slice> markers, std::vector<job>& jobs) {
  const bool more = said.batch || said.pending || !said.settings.empty() || said.max_rows ||
                    said.lock_timeout || said.statement_timeout;
  if (more) {
    return in.fault(errc::bad_directive, *said.verify, "directives of a job stand before its check",
                    "Move them before the data change; only `-- pawl:verify` binds to the SELECT.");
  }
  if (jobs.empty() || jobs.back().verify) {
    return in.fault(errc::bad_directive, *said.verify,
                    jobs.empty() ? "`-- pawl:verify` has no job before it"
                                 : "the job before this `-- pawl:verify` has a check already",
                    "Write one check behind each data change.");
  }
  if (auto refused = refused_check(in, st, markers)) return refused;
  jobs.back().verify = st.text;
  jobs.back().verify_markers = std::move(markers);
  return std::nullopt;
}

job make_job(const source& in, change what, options said) {
  job made;
  made.file = in.file;
  made.text = in.text;
  made.what = std::move(what);
  if (said.batch) {
    made.name = said.batch->label.value_or("");
    made.key = std::move(said.batch->key);
    made.key_text = std::move(said.batch->key_text);
  }
  made.pending = std::move(said.pending);
  made.settings = std::move(said.settings);
  made.max_rows = said.max_rows;
  made.lock_timeout = said.lock_timeout;
  made.statement_timeout = said.statement_timeout;
  return made;
}

// "dir/back fill.sql" is "back_fill".
std::string stem_of(std::string_view file) {
  std::string stem = std::filesystem::path(file).stem().string();
  for (char& c : stem) {
    if (!is_label_character(c)) c = '_';
  }
  return stem.empty() ? "job" : stem;
}

std::optional<error> name_jobs(const source& in, std::vector<job>& jobs) {
  const std::string stem = stem_of(in.file);
  int unlabelled = 0;
  for (job& j : jobs) {
    if (j.name.empty()) {
      const std::string suffix = ++unlabelled == 1 ? "" : fmt::format("-{}", unlabelled);
      j.name = stem.substr(0, name_bytes_max - suffix.size()) + suffix;
    }
  }
  for (auto j = jobs.begin(); j != jobs.end(); ++j) {
    const auto same = [&](const job& other) { return other.name == j->name; };
    if (std::any_of(jobs.begin(), j, same)) {
      return in.fault(errc::bad_directive, j->what.statement.begin,
                      fmt::format("two jobs are named `{}`", j->name),
                      "Write `-- pawl:batch LABEL` with another label on the line before it.");
    }
  }
  return std::nullopt;
}

// Those of the columns that SET assigns which WHERE reads; all of them where the text does not
// tell.
std::vector<std::string> settled_columns(const node& update, std::vector<std::string> assigned) {
  const node* where = member(update, "whereClause");
  expression_facts facts;
  if (where == nullptr || !add_facts(*where, facts)) return assigned;
  std::erase_if(assigned, [&](const std::string& name) {
    return std::none_of(facts.columns.begin(), facts.columns.end(),
                        [&](const column_reference& read) { return read.column() == name; });
  });
  return assigned;
}

// The job that a loop of the author's adds up to: a text of its own, so that its slices fit. Its
// rounds end only if each leaves the rows that it changed behind; only then are they one statement.
result<job> read_loop(const source& in, const statement& st, options said) {
  const auto misread = [&](std::string_view why) {
    return in.fault(errc::not_a_job, st.text.begin,
                    fmt::format("this DO block cannot be run as a job: {}", why),
                    "Write the one UPDATE or DELETE that the loop adds up to; pawl divides it.");
  };
  auto text = statement_of_loop(in, st);
  if (!text) return text.error();
  source own{in.file, std::move(text->sql)};
  const auto tokens = scan(own);
  if (!tokens) return misread(tokens.error().message);
  const layout divided = split(*tokens);
  if (divided.statements.size() != 1) return misread("it does not add up to one statement");
  auto what = read_change(own, divided.statements.front(), {}, said.batch ? &*said.batch : nullptr);
  if (!what) return misread(what.error().message);
  const auto tree = parse_statement(own, divided.statements.front().text);
  const node* update = tree ? as(tree->statement, "UpdateStmt") : nullptr;
  const bool surely_ends = update == nullptr || ends_by_constant(*update);
  if (!surely_ends && !what->pending) {
    return misread("nothing shows that its condition turns false by its own change");
  }
  if (update != nullptr) text->rounds.ends_by = settled_columns(*update, what->set_columns);
  what->rounds = std::move(text->rounds);
  what->rounds->may_repeat = !surely_ends && text->ends_on_short_round;
  return make_job(own, std::move(*what), std::move(said));
}

result<std::vector<job>> read_statements(const source& in, const layout& divided,
                                         annotations said) {
  std::vector<job> jobs;
  for (std::size_t i = 0; i < divided.statements.size(); ++i) {
    const statement& st = divided.statements[i];
    options& own = said.of_statement[i];
    if (own.verify) {
      if (auto failed = add_check(in, st, own, std::move(said.markers[i]), jobs)) {
        return std::move(*failed);
      }
      continue;
    }
    if (jobs.size() == jobs_max) {
      return in.fault(errc::not_a_job, st.text.begin,
                      fmt::format("a file holds more than {} jobs", jobs_max),
                      "Divide it into several files.");
    }
    if (st.tokens.front().kind == token_kind::do_word) {
      auto unrolled = read_loop(in, st, overlay(said.of_file, std::move(own)));
      if (!unrolled) return unrolled.error();
      jobs.push_back(std::move(*unrolled));
      continue;
    }
    auto what = read_change(in, st, std::move(said.markers[i]), own.batch ? &*own.batch : nullptr);
    if (!what) return what.error();
    jobs.push_back(make_job(in, std::move(*what), overlay(said.of_file, std::move(own))));
  }
  return jobs;
}

result<std::vector<job>> read_source_jobs(const source& in) {
  const auto tokens = scan(in);
  if (!tokens) return tokens.error();
  const layout divided = split(*tokens);
  auto said = annotate(in, divided);
  if (!said) return said.error();
  if (divided.statements.empty()) {
    return in.fault(errc::not_a_job, 0, "the file holds no statement",
                    "Write the UPDATE or DELETE that you would like to run into it.");
  }
  auto jobs = read_statements(in, divided, std::move(*said));
  if (!jobs) return jobs;
  if (auto failed = name_jobs(in, *jobs)) return std::move(*failed);
  for (job& j : *jobs) j.canonical = canonical_text(j);
  return jobs;
}

}  // namespace

result<std::vector<job>> read_jobs(std::string_view file, std::string bytes) {
  const auto in = read_source(file, std::move(bytes));
  if (!in) return in.error();
  result<std::vector<job>> jobs = error{};
  if (run_on_big_stack([&] { jobs = read_source_jobs(*in); })) return jobs;
  return in->fault(errc::internal, 0, "no thread could be started to read the file",
                   "Raise the limits on threads and address space with `ulimit -u -v`.");
}

}  // namespace pawl::sql
