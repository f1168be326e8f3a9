#include <fmt/format.h>

#include <pawl/error.hpp>
#include <stdexcept>

namespace pawl {

int exit_code_of(errc code) {
  // EX_TEMPFAIL: stopped on purpose with work left, so that a job controller starts it again.
  constexpr int try_again = 75;
  switch (code) {
    case errc::held:
    case errc::out_of_time:
      return try_again;
    default:
      return static_cast<int>(code) / 100;
  }
}

std::string name_of(errc code) {
  return fmt::format("PAWL-{}", static_cast<int>(code));
}

std::string to_string(const error& e) {
  std::string text;
  if (!e.where.file.empty()) text += e.where.file + ':';
  if (e.where.line > 0) text += fmt::format("{}:", e.where.line);
  if (e.where.line > 0 && e.where.column > 0) text += fmt::format("{}:", e.where.column);
  if (!text.empty()) text += ' ';

  text += fmt::format("{}: {}", name_of(e.code), e.message);
  if (!e.sqlstate.empty()) text += fmt::format(" [{}]", e.sqlstate);
  if (!e.hint.empty()) text += fmt::format("\nhint: {}", e.hint);
  return text;
}

void throw_exception_from_error(const error& e, const boost::source_location& loc) {
  throw std::logic_error(
      fmt::format("{}:{}: unchecked result: {}", loc.file_name(), loc.line(), to_string(e)));
}

}  // namespace pawl
