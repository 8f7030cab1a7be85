// SPDX-License-Identifier: Apache-2.0
//
// What every command of pawl is told before its own options.
#pragma once

#include <cstdint>
#include <string>

namespace pawl::cli {

// As given by options or the environment; empty: not given.
struct AccessWords {
  std::string user;
  std::string secret_file;
  bool tls = false;
  std::string ca;  // these are paths, and ask for TLS as well
  std::string certificate;
  std::string key;
};

struct Globals {
  std::string servers = "127.0.0.1:7295";  // host:port[,host:port…], tried in this order
  std::uint32_t timeout_ms = 5'000;        // to reach a server, and for a reply that needs no wait
  std::string output = "text";             // or json
  std::string color = "auto";              // on terminals; or always, never
  AccessWords access;

  [[nodiscard]] bool json() const { return output == "json"; }
};

}  // namespace pawl::cli
