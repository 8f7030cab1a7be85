// SPDX-License-Identifier: Apache-2.0
//
// Servers that a test scripts, for what blocks while it talks to them.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <deque>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "client/line_server.hpp"
#include "client/server_address.hpp"

namespace pawl::client {

// On a thread of their own: who asks blocks.
class Nodes {
 public:
  ~Nodes() { stop(); }
  Nodes() = default;
  Nodes(const Nodes&) = delete;
  Nodes& operator=(const Nodes&) = delete;

  // Before start(): an index, for address() and line_count().
  std::size_t add(LineServer::Answer answer) {
    servers_.emplace_back(context_, std::move(answer));
    return servers_.size() - 1;
  }
  LineServer& operator[](std::size_t node) { return servers_[node]; }
  [[nodiscard]] std::string address(std::size_t node) const {
    return to_text(servers_[node].address());
  }
  void start() {
    thread_ = std::thread([this] { context_.run(); });
  }
  // Now what came can be read.
  void stop() {
    context_.stop();
    if (thread_.joinable()) thread_.join();
  }
  [[nodiscard]] std::vector<ServerAddress> list() const {
    std::vector<ServerAddress> list;
    for (std::size_t i = 0; i < listed; ++i) list.push_back(servers_[i].address());
    return list;
  }

  std::size_t listed = 1;  // so many of the first are in the list

 private:
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
      context_.get_executor()};
  std::deque<LineServer> servers_;
  std::thread thread_;
};

inline LineServer::Answer saying(std::string reply) {
  return [reply = std::move(reply)](const std::string&) { return reply + "\n"; };
}

}  // namespace pawl::client
