#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "cli/commands.hpp"
#include "cli/configuration.hpp"
#include "cli/session.hpp"

namespace pawl::cli {

using nlohmann::ordered_json;

namespace {

struct shown_setting {
  std::string key;
  ordered_json value;  // text, number, truth; null: pawl decides, see docs/config.md
  std::string from;
};

using shown_settings = std::vector<shown_setting>;

std::string name_of(config::severity s) {
  switch (s) {
    case config::severity::off:
      return "off";
    case config::severity::info:
      return "info";
    case config::severity::warning:
      return "warning";
    case config::severity::error:
      break;
  }
  return "error";
}

// Without a password: only what describe() takes from it, and that looked through once more.
result<void> add_connection(const arguments& a, const configuration& c, shown_settings& to) {
  if (!c.file.file.empty()) {
    to.push_back({"config", c.file.file, a.config ? "--config" : "found"});
  }
  if (c.profile) {
    to.push_back({"profile", c.profile->text, c.profile->from});
  }
  const auto info = find_connection(a, c);
  if (info) {
    to.push_back({"connection", pg::redact(pg::describe(*info), *info), info->origin});
  } else if (info.error().code == errc::no_connection) {
    to.push_back({"connection", "none", info.error().message});
  } else {
    return info.error();
  }
  return {};
}

ordered_json json_of(const config::setting& s, std::int64_t value) {
  const bool is_text =
      s.kind == config::setting_kind::duration || (config::may_be_auto(s) && value == 0);
  return is_text ? ordered_json(config::show_value(s, value)) : ordered_json(value);
}

void add_layer(const std::string& prefix, const config::layer& l, shown_settings& to) {
  for (std::size_t i = 0; i < l.size(); ++i) {
    const auto& s = config::settings[i];
    if (l[i]) {
      to.push_back({prefix + std::string{s.key}, json_of(s, l[i]->value), l[i]->from});
    } else if (prefix.empty()) {
      to.push_back({std::string{s.key}, nullptr, "default"});
    }
  }
}

// What a job's section says, as it counts; the rest is as for every job.
void add_jobs(const arguments& a, const configuration& c, shown_settings& to) {
  for (const auto& [name, section] : c.file.jobs) {
    auto all = settings_of(c, a, name);
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (!section[i]) {
        all[i].reset();
      }
    }
    add_layer(fmt::format("job.{}.", name), all, to);
  }
}

void add_check(const configuration& c, shown_settings& to) {
  const auto& check = c.file.check;
  const auto from = [&](const std::string& key) {
    const auto found = c.file.check_origins.find(key);
    return found == c.file.check_origins.end() ? "default" : found->second;
  };
  for (const auto& [rule, severity] : check.severities) {
    const auto key = "check.severity." + rule;
    to.push_back({key, name_of(severity), from(key)});
  }
  if (check.fail_on) {
    to.push_back({"check.fail-on", name_of(*check.fail_on), from("check.fail-on")});
  }
  if (!check.patterns.empty()) {
    to.push_back({"check.naming.patterns", check.patterns, from("check.naming.patterns")});
  }
  to.push_back({"check.naming.vague-names", check.vague_names, from("check.naming.vague-names")});
}

std::string text_of(const ordered_json& value) {
  if (value.is_array()) {
    return fmt::format("{}", fmt::join(value.get<std::vector<std::string>>(), " "));
  }
  if (value.is_null()) {
    return "unset";
  }
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string table_of(const shown_settings& all, bool origins) {
  std::size_t key_width = 0;
  std::size_t value_width = 0;
  for (const auto& s : all) {
    key_width = std::max(key_width, s.key.size());
    value_width = std::max(value_width, text_of(s.value).size());
  }
  std::string text;
  for (const auto& s : all) {
    if (origins) {
      text += fmt::format("{:<{}}  {:<{}}  {}\n", s.key, key_width, text_of(s.value), value_width,
                          s.from);
    } else {
      text += fmt::format("{:<{}}  {}\n", s.key, key_width, text_of(s.value));
    }
  }
  return text;
}

std::string document_of(const shown_settings& all, bool origins) {
  ordered_json j;
  j["schema"] = "pawl.config/1";
  j["settings"] = ordered_json::array();
  for (const auto& s : all) {
    ordered_json one;
    one["key"] = s.key;
    one["value"] = s.value;
    if (origins) {
      one["origin"] = s.from;
    }
    j["settings"].push_back(std::move(one));
  }
  return j.dump(2, ' ', false, ordered_json::error_handler_t::replace) + '\n';
}

}  // namespace

int config_command(const arguments& a) {
  const auto c = read_configuration(a);
  if (!c) {
    return fail(a, c.error());
  }
  if (const auto whole = options_of(*c, a, ""); !whole) {
    return fail(a, whole.error());
  }
  for (const auto& [name, section] : c->file.jobs) {
    if (const auto of_job = options_of(*c, a, name); !of_job) {
      return fail(a, of_job.error());
    }
  }
  shown_settings all;
  if (const auto shown = add_connection(a, *c, all); !shown) {
    return fail(a, shown.error());
  }
  add_layer("", settings_of(*c, a, ""), all);
  add_jobs(a, *c, all);
  add_check(*c, all);
  print(a.json ? document_of(all, a.origin) : table_of(all, a.origin));
  return 0;
}

}  // namespace pawl::cli
