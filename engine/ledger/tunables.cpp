#include "ledger/tunables.hpp"

#include <nlohmann/json.hpp>

namespace pawl::ledger {

using nlohmann::json;

namespace {

// The ledger's JSON may have been written by hand (pawl.control); what is not of the right type is
// as if it were absent.
template <class T>
std::optional<T> number(const json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_number_integer()) {
    return std::nullopt;
  }
  const auto value = found->get<std::int64_t>();
  return value > 0 && value <= std::numeric_limits<T>::max() ? std::optional{static_cast<T>(value)}
                                                             : std::nullopt;
}

json object_of(std::string_view text) {
  auto parsed = json::parse(text, nullptr, false);
  return parsed.is_object() ? parsed : json::object();
}

}  // namespace

std::string to_json(const tunables& t) {
  json object = json::object();
  if (t.jobs) {
    object["jobs"] = *t.jobs;
  }
  if (t.batch_rows) {
    object["batch_rows"] = *t.batch_rows > 0 ? json(*t.batch_rows) : json();
  }
  if (t.target) {
    object["target_ms"] = t.target->count();
  }
  return object.dump();
}

tunables tunables_of(std::string_view text) {
  const auto object = object_of(text);
  tunables t;
  t.jobs = number<int>(object, "jobs");
  t.batch_rows = number<std::int64_t>(object, "batch_rows");
  if (const auto said = object.find("batch_rows"); said != object.end() && said->is_null()) {
    t.batch_rows = 0;
  }
  if (const auto target = number<std::int64_t>(object, "target_ms")) {
    t.target = std::chrono::milliseconds{*target};
  }
  return t;
}

std::string to_json(const pg::settings& s) {
  return json(s).dump();
}

pg::settings settings_of(std::string_view text) {
  pg::settings s;
  const auto object = object_of(text);
  for (const auto& [name, value] : object.items()) {
    if (value.is_string()) {
      s[name] = value.get<std::string>();
    }
  }
  return s;
}

std::string to_json(const definition& d) {
  return json{{"file", d.file}, {"text", d.text}, {"job", d.job}}.dump();
}

definition definition_of(std::string_view text) {
  const auto object = object_of(text);
  definition d;
  d.file = object.value("file", "");
  d.text = object.value("text", "");
  d.job = object.value("job", 0);
  return d;
}

}  // namespace pawl::ledger
