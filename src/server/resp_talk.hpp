// SPDX-License-Identifier: Apache-2.0
//
// What a connection that speaks RESP has beside the others: who it says it is, and its commands
// that the node has not answered yet. Only the newest may have more to ask: until its answer is
// known nothing behind it is stepped.
#pragma once

#include <memory>
#include <vector>

#include "base/ids.hpp"
#include "server/relay.hpp"
#include "wire/resp/exchange.hpp"
#include "wire/resp/speaker.hpp"

namespace pawl::server {

struct RespTalk {
  RespTalk() = default;
  RespTalk(const RespTalk&) = delete;
  RespTalk& operator=(const RespTalk&) = delete;
  ~RespTalk() {
    if (relay) relay->close();
  }

  struct Asked {
    RequestNumber number = 0;
    std::unique_ptr<wire::resp::Exchange> exchange;
  };

  wire::resp::Speaker speaker;
  std::vector<Asked> asked;      // oldest first
  bool to_step = false;          // the newest has a request for the node
  std::shared_ptr<Relay> relay;  // the primary answers in this node's place
};

}  // namespace pawl::server
