// Any comment is a directive that can be taken in, none at all, or refused with a place.
#include "fuzz/property.hpp"
#include "sql/big_stack.hpp"
#include "sql/directive.hpp"
#include "sql/options.hpp"

namespace pawl::sql {
namespace {

using fuzz::must;

void check_words(const source& in, const directive& d, const comment& c) {
  must(d.begin == c.at.at.begin, "a directive begins with its comment");
  must(d.rest.begin <= d.rest.end && d.rest.end == c.at.at.end, "its rest ends with the comment");
  for (const directive_word& w : d.words) {
    must(!w.key.empty(), "a word has a name");
    must(in.text.compare(w.begin, w.key.size(), w.key) == 0, "a word stands where it says");
    must(w.begin >= d.rest.begin && w.begin < d.rest.end, "a word stands in its directive");
  }
}

void check_comments(const source& in, const layout& divided) {
  options taken;
  for (const comment& c : divided.comments) {
    if (c.at.kind != token_kind::line_comment) continue;
    const auto read = read_directive(in, c);
    if (!read) {
      fuzz::must_be_refusal(read.error());
      continue;
    }
    if (!*read) continue;
    check_words(in, **read, c);
    if (const auto refused = add_directive(in, **read, taken)) fuzz::must_be_refusal(*refused);
  }
  const options same = overlay(options{}, taken);
  must(same.batch.has_value() == taken.batch.has_value(), "nothing is lost over an empty file");
}

}  // namespace
}  // namespace pawl::sql

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pawl::sql;
  const auto in = read_source("f.sql", pawl::fuzz::text_of(data, size));
  if (!in) return 0;
  const auto tokens = scan(*in);
  if (!tokens) return 0;
  const layout divided = split(*tokens);
  // `-- pawl:pending` holds an expression, and parsing goes as deep as that.
  pawl::fuzz::must(run_on_big_stack([&] { check_comments(*in, divided); }), "a thread is started");
  return 0;
}
