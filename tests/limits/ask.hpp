// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "system/line_client.hpp"

namespace pawl::testing {

inline std::string ask(LineClient& client, const std::string& request) {
  client.send(request);
  return client.read_line();
}
inline std::string ask(LineClient&& client, const std::string& request) {
  return ask(client, request);
}

}  // namespace pawl::testing
