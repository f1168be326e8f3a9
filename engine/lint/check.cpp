#include "lint/check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <tuple>
#include <utility>

#include "lint/file_check.hpp"
#include "sql/big_stack.hpp"

namespace pawl::lint {
namespace {

class all_files {
 public:
  all_files(const options& chosen, schema known, question_list& questions)
      : chosen_(chosen), known_(std::move(known)), questions_(questions) {}

  void read(const input& from) {
    if (known_.applied.contains(from.migration)) {
      ++made_.skipped;
      return;
    }
    if (from.only_learn) {
      ++made_.skipped;
    } else {
      ++made_.files;
    }
    auto text = sql::read_source(from.file, from.bytes);
    const bool readable = text.has_value();
    auto file =
        std::make_unique<checked_file>(readable ? std::move(*text) : sql::source{from.file, {}});
    file->only_learn = from.only_learn;
    const int number = static_cast<int>(files_.size());
    file->seen = std::make_unique<context>(chosen_, known_, questions_, file->in, number);
    if (readable) {
      check_file(*file, from, chosen_);
    } else {
      file->seen->tell_unreadable("L96", 0, text.error());
    }
    files_.push_back(std::move(file));
  }

  report finish() {
    for (const auto& file : files_) {
      if (file->only_learn) continue;
      for (const added_key& key : file->keys) check_key(*file, key);
      apply_ignores(*file->seen, file->ignores, chosen_);
      take(file->seen->told);
    }
    return std::move(made_);
  }

 private:
  void check_key(checked_file& file, const added_key& key) {
    const auto found = known_.tables.find(key.table_key);
    const constraint* of =
        found == known_.tables.end() ? nullptr : found->second.find_constraint(key.constraint);
    if (of == nullptr || !found->second.complete) return;
    for (const index& i : found->second.indexes) {
      const std::size_t count = of->columns.size();
      if (i.partial || i.columns.size() < count) continue;
      const std::vector<std::string> lead(i.columns.begin(),
                                          i.columns.begin() + static_cast<std::ptrdiff_t>(count));
      if (std::is_permutation(lead.begin(), lead.end(), of->columns.begin(), of->columns.end())) {
        return;
      }
    }
    unit at;
    at.number = key.statement;
    file.seen->tell(at, "L33", key.offset,
                    {fmt::format("no index of {} leads with ({}) of foreign key {}: deleting a row "
                                 "of {} reads the whole table",
                                 as_sql(found->second.name), quoted_list(of->columns),
                                 as_sql(of->name), as_sql(of->target)),
                     {},
                     "an index on these columns, built CONCURRENTLY (P2)"});
  }

  void take(std::vector<draft>& told) {
    const auto order = [](const draft& d) {
      return std::tie(d.what.where.line, d.what.where.column, d.what.of->id, d.what.says.message);
    };
    std::stable_sort(told.begin(), told.end(),
                     [&](const draft& a, const draft& b) { return order(a) < order(b); });
    const auto same = [&](const draft& a, const draft& b) { return order(a) == order(b); };
    told.erase(std::unique(told.begin(), told.end(), same), told.end());
    for (draft& d : told) made_.findings.push_back(std::move(d.what));
  }

  const options& chosen_;
  schema known_;
  question_list& questions_;
  std::vector<std::unique_ptr<checked_file>> files_;
  report made_;
};

}  // namespace

std::size_t report::count(severity level) const {
  return static_cast<std::size_t>(std::count_if(
      findings.begin(), findings.end(), [&](const finding& f) { return f.level == level; }));
}

report check(const std::vector<input>& files, const options& chosen, schema known,
             question_list& questions) {
  report made;
  const bool ran = sql::run_on_big_stack([&] {
    all_files all(chosen, std::move(known), questions);
    for (const input& from : files) all.read(from);
    made = all.finish();
  });
  if (!ran) {
    finding none;
    none.of = find_rule("L96");
    none.level = severity::error;
    none.unreadable = true;
    none.says.message = "no thread could be started to read the files";
    none.says.safe = "raise the limits on threads and address space with `ulimit -u -v`";
    made.findings.push_back(std::move(none));
  }
  return made;
}

}  // namespace pawl::lint
