// SPDX-License-Identifier: Apache-2.0
//
// What the names of servers stand for, looked up once. A name that is new while a run is under way
// (a primary that another node named) holds it up for as long as its lookup takes, at most `limit`.
#pragma once

#include <chrono>
#include <deque>
#include <string>
#include <utility>

#include "client/asking/loop.hpp"
#include "client/lookup.hpp"
#include "client/server_address.hpp"

namespace pawl::cli::bench {

class Addresses {
 public:
  explicit Addresses(std::chrono::milliseconds limit) : limit_(limit) {}

  // Empty: it is not found, which is asked again the next time. Valid as long as this.
  [[nodiscard]] const client::Endpoints& of(const client::ServerAddress& server);

 private:
  std::chrono::milliseconds limit_;
  client::Loop loop_;
  std::deque<std::pair<client::ServerAddress, client::Endpoints>> known_;
};

}  // namespace pawl::cli::bench
