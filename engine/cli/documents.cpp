#include "cli/documents.hpp"

#include <nlohmann/json.hpp>

#include "cli/run_state.hpp"

namespace pawl::cli {

using nlohmann::ordered_json;

std::string json_line(const ordered_json& document) {
  return document.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + '\n';
}

ordered_json request_document(const ledger::run_record& r, std::string_view state) {
  ordered_json j;
  j["schema"] = "pawl.request/1";
  j["run"] = r.id;
  j["job"] = r.name;
  j["state"] = state;
  return j;
}

ordered_json request_document(const ledger::run_record& r) {
  return request_document(r, shown_state(r.state, r.desired));
}

ordered_json tunables_document(const ledger::tunables& t) {
  ordered_json j;
  j["jobs"] = t.jobs ? ordered_json(*t.jobs) : ordered_json();
  j["batch_rows"] = !t.batch_rows        ? ordered_json()
                    : *t.batch_rows == 0 ? ordered_json("auto")
                                         : ordered_json(*t.batch_rows);
  j["target_ms"] = t.target ? ordered_json(t.target->count()) : ordered_json();
  return j;
}

}  // namespace pawl::cli
