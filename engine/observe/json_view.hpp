// The run as NDJSON: one object for each event, `type` first; the first one written also names the
// schema ("pawl.run/1"). Within a schema fields are only added, never renamed.
//
// Types: run, progress (when totals were read), batch, retry, state, verify, notice, summary. Bytes
// of the server that are no UTF-8 are replaced, never refused; times are RFC 3339, UTC.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <pawl/events.hpp>

#include "observe/progress_model.hpp"
#include "observe/view.hpp"

namespace pawl::observe {

class json_view final : public view {
 public:
  explicit json_view(sink out);

  void on(const event& e) override;
  void tick(time_point) override {}
  void report(time_point) override {}  // progress comes with each poll

 private:
  void write(const event& e, std::string_view type, const nlohmann::ordered_json& fields);

  sink out_;
  progress_model model_;
  std::int64_t run_ = 0;
  std::string job_;
  bool first_ = true;
};

}  // namespace pawl::observe
