// SPDX-License-Identifier: Apache-2.0
//
// The configuration in effect: flags over environment over file over defaults, each value with the
// place it came from. Every source is judged in full, so that all problems are told at once;
// with a problem, config is not to be used.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/config/keys.hpp"

namespace pawl::server {

struct Sources {
  std::optional<std::string> file_name;  // nothing: no file
  std::string file_text;
  std::vector<std::pair<std::string, std::string>> environment;  // all of it; others are ignored
  std::vector<std::string> settings;                             // key=value of --set, in order
};

class Effective {
 public:
  Effective();  // the defaults

  Config config;
  std::vector<std::string> problems;  // one line each: "pawld.yaml:12:5: unknown key …"

  // "default", "pawld.yaml:3:8", "environment PAWL_NODE", "--set node"
  [[nodiscard]] const std::string& origin_of(const Key& key) const;

  // Takes a value, or complains; the sources come in rising precedence. label goes before the
  // complaint where the place does not say which key it is.
  void take(const Key& key, std::string_view text, const std::string& place,
            std::string_view label = {});
  void complain(std::string_view place, std::string_view what);
  // Complains of a value that key was to have.
  void refuse(const Key& key, std::string_view place, std::string_view what);
  // False if a value of key was wrong: then nothing that compares it means anything.
  [[nodiscard]] bool is_sound(const Key& key) const;

 private:
  struct State {
    std::string origin = "default";
    bool sound = true;
  };
  [[nodiscard]] static std::size_t index_of(const Key& key);

  std::vector<State> states_;
};

[[nodiscard]] Effective merge(const Sources& sources);

// YAML of every value, its origin as a comment; itself a valid configuration.
[[nodiscard]] std::string print_config(const Effective& effective);

struct Reload {
  Config config;                          // running, with what a reload may change
  std::vector<std::string_view> changed;  // keys that took their new value
  std::vector<std::string_view> restart;  // keys that differ, but need a restart
  std::vector<std::string> problems;      // of that config: with any, it is not to be used
};

// What SIGHUP makes of a fresh configuration, which has no problem by itself.
[[nodiscard]] Reload reload(const Config& running, const Effective& fresh);

}  // namespace pawl::server
