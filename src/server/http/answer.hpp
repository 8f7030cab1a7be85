// SPDX-License-Identifier: Apache-2.0
//
// One question to the HTTP port and its answer, as values: who answers knows no socket.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace pawl::server::http {

struct Asked {
  std::string target;           // as sent: path and query
  std::string host;             // of the Host header; empty: none was sent
  std::string authorization{};  // likewise
  std::string address{};        // who asks, without a port
};

inline constexpr std::string_view plain_text = "text/plain; charset=utf-8";
inline constexpr std::string_view json = "application/json";

struct Answer {
  unsigned status = 200;
  std::string_view type = plain_text;
  std::string body;
  bool is_page = false;  // or a part of it: what it may load and run is fenced in
};

using Reply = std::function<void(Answer)>;

// Calls `reply` once: at once, or in a later turn of the loop.
using Answering = std::function<void(const Asked&, Reply reply)>;

}  // namespace pawl::server::http
