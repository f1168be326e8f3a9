#include <pawl/events.hpp>

namespace pawl {

std::string_view name_of(run_state state) {
  switch (state) {
    case run_state::running:
      return "running";
    case run_state::paused:
      return "paused";
    case run_state::held:
      return "held";
    case run_state::verifying:
      return "verifying";
    case run_state::done:
      return "done";
    case run_state::failed:
      return "failed";
    case run_state::cancelled:
      return "cancelled";
  }
  return "unknown";
}

}  // namespace pawl
