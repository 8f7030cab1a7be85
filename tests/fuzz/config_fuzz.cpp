// SPDX-License-Identifier: Apache-2.0
//
// Bytes as a configuration: the text of the file, then, each behind a NUL byte, key=value as
// --set has them and, behind another, variables of the environment. Whatever is wrong is told in
// lines that a terminal can show; what is right, printed and read again, is the same.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/ensure.hpp"
#include "replay_corpus.hpp"
#include "server/config/effective.hpp"

namespace pawl::server {
namespace {

Sources sources_of(std::string_view bytes) {
  Sources sources;
  sources.file_name = "pawld.yaml";
  std::vector<std::string> parts{""};
  for (const char c : bytes) {
    if (c == '\0') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  sources.file_text = parts.front();
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const std::size_t equals = parts[i].find('=');
    if (!parts[i].starts_with("PAWL_") || equals == std::string::npos) {
      sources.settings.push_back(parts[i]);
    } else {
      sources.environment.emplace_back(parts[i].substr(0, equals), parts[i].substr(equals + 1));
    }
  }
  return sources;
}

bool can_be_shown(std::string_view line) {
  return !line.empty() && std::none_of(line.begin(), line.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == '\x7F';
  });
}

void check(std::string_view bytes) {
  const Effective effective = merge(sources_of(bytes));
  for (const std::string& problem : effective.problems) ensure(can_be_shown(problem));
  for (const Key& key : keys()) ensure(can_be_shown(effective.origin_of(key)));
  if (!effective.problems.empty()) return;
  Sources printed;
  printed.file_name = "printed.yaml";
  printed.file_text = print_config(effective);
  const Effective again = merge(printed);
  ensure(again.problems.empty());
  ensure(again.config == effective.config);
  const Reload none = reload(effective.config, again);
  ensure(none.changed.empty() && none.restart.empty());
}

}  // namespace
}  // namespace pawl::server

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  pawl::server::check({reinterpret_cast<const char*>(data), size});
  return 0;
}
