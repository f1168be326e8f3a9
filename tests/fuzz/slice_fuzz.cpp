// Any bytes are refused with a place, or are jobs whose batch statements hold the user's bytes in
// their order and nothing but the condition besides.
#include <algorithm>

#include "fuzz/property.hpp"
#include "sql/big_stack.hpp"
#include "sql/job.hpp"
#include "sql/limits.hpp"
#include "sql/parse_tree.hpp"
#include "sql/tokens.hpp"

namespace pawl::sql {
namespace {

using fuzz::must;

constexpr std::string_view condition = "(\"k\", \"l\") > ($1, $2)";

std::string in_parentheses(std::string_view text) {
  return "(" + std::string(text) + ")";
}

// Takes out of `batch` what was put in for the markers, and puts them back.
std::string with_markers(const job& j, slice whole, const std::vector<slice>& markers,
                         const std::string& batch) {
  std::string source;
  std::size_t at = 0;
  std::size_t behind = whole.begin;
  for (const slice& marker : markers) {
    const std::size_t before = marker.begin - behind;
    const std::string inserted = in_parentheses(condition);
    must(batch.compare(at + before, inserted.size(), inserted) == 0, "the condition is a marker's");
    source += batch.substr(at, before);
    source += text_of(j, marker);
    at += before + inserted.size();
    behind = marker.end;
  }
  return source + batch.substr(at);
}

std::string without_condition(const change& c, std::string batch) {
  const std::string tail =
      c.where.empty() ? " WHERE " + std::string(condition) : ") AND " + in_parentheses(condition);
  const std::size_t place = c.where.empty() ? c.where_insert : c.where.end;
  const std::size_t opened = c.where.empty() ? 0 : 1;
  const std::size_t at = place - c.statement.begin + opened;
  must(batch.compare(at, tail.size(), tail) == 0, "the condition stands behind the WHERE");
  batch.erase(at, tail.size());
  if (opened == 1) batch.erase(c.where.begin - c.statement.begin, 1);
  return batch;
}

void check_scans(const std::string& sql) {
  must(sql.empty() || scan_text(sql).has_value(), "what is sent scans: " + sql);
}

void check_batch(const job& j) {
  const change& c = j.what;
  const std::string batch = batch_statement(j, "", condition);
  const std::string source = c.markers.empty() ? without_condition(c, batch)
                                               : with_markers(j, c.statement, c.markers, batch);
  must(source == text_of(j, c.statement), "the user's bytes are kept in their order");
  check_scans(batch);
  if (c.kind == change_kind::marked || batch.size() > statement_bytes_max) return;
  const pawl::sql::source alone{"f.sql", batch};
  const auto tree = parse_statement(alone, {0, batch.size()});
  must(tree || tree.error().message.find("nested too deeply") != std::string::npos,
       "a batch parses: " + batch);
}

// What is divided by a snapshot, or not at all, has no batch of its own text.
bool has_batches(const change& c) {
  return c.by != division::snapshot && c.by != division::none;
}

void check_job(const job& j) {
  must(!j.name.empty() && j.name.size() <= name_bytes_max, "a job has a name");
  if (has_batches(j.what)) {
    // A relation that becomes a subquery is not only added to.
    if (!j.what.is_wrapped) check_batch(j);
    check_scans(batch_statement(j, "app.\"Leaf 1\"", condition));
  }
  check_scans(stays_pending(j, {}));
  if (j.verify) {
    const std::string check = verify_statement(j, condition);
    must(with_markers(j, *j.verify, j.verify_markers, check) == text_of(j, *j.verify),
         "the check's bytes are kept in their order");
    check_scans(check);
  }
}

}  // namespace
}  // namespace pawl::sql

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pawl::sql;
  const auto jobs = read_jobs("f.sql", pawl::fuzz::text_of(data, size));
  if (!jobs) {
    pawl::fuzz::must_be_refusal(jobs.error());
    return 0;
  }
  pawl::fuzz::must(!jobs->empty(), "a file that is read holds a job");
  const auto check = [&] { std::for_each(jobs->begin(), jobs->end(), check_job); };
  pawl::fuzz::must(run_on_big_stack(check), "a thread is started");
  return 0;
}
