// SPDX-License-Identifier: Apache-2.0
//
// The names this port answers to. A page elsewhere may have its own name point at this machine (DNS
// rebinding) and then read what is here from a visitor's browser: only such a name gives it away.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pawl::server::http {

class OwnHosts {
 public:
  // Besides addresses and `localhost`: in any case.
  explicit OwnHosts(std::vector<std::string> names);

  // `host`: of the Host header, with or without a port.
  [[nodiscard]] bool include(std::string_view host) const;

 private:
  std::vector<std::string> names_;
};

// Of this machine; empty where it has none.
[[nodiscard]] std::string own_host_name();

}  // namespace pawl::server::http
