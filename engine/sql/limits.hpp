// The bounds of what this room reads, each with its reason.
#pragma once

#include <cstddef>

namespace pawl::sql {

// A job file is written by hand; a larger one is a dump given by mistake. The scanner takes up to
// 150 bytes for each byte of text, when every byte is a token of its own.
constexpr std::size_t file_bytes_max = 4U << 20U;

// Each job holds the file's text.
constexpr std::size_t jobs_max = 256;

// The parser's output recurses once per operator and has no guard: 100,000 terms overran a stack of
// 8 MB. The deepest statement of this size, `1+1+...`, needed less than 128 MB; only pages in use
// are ever made.
constexpr std::size_t statement_bytes_max = 1U << 20U;
constexpr std::size_t stack_bytes = 256U << 20U;
static_assert(stack_bytes >= 256 * statement_bytes_max);

// Levels of objects in a parse tree, two for each operator. What walks the tree needs up to 5 kB
// for each with AddressSanitizer.
constexpr std::size_t nesting_max = 20000;
static_assert(stack_bytes >= 10000 * nesting_max);

// `/*` that follow each other without a blank or a word between them. PostgreSQL's scanner reads
// the whole run again for each: 30,000 took it seconds, and a file of them would take it hours.
constexpr std::size_t comment_openings_max = 64;

// NAMEDATALEN - 1: PostgreSQL cuts a longer name silently.
constexpr std::size_t name_bytes_max = 63;

}  // namespace pawl::sql
