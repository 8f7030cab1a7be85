// SPDX-License-Identifier: Apache-2.0
//
// A whole server on a free port of loopback, run by a thread of its own.
#pragma once

#include <atomic>
#include <boost/asio/post.hpp>
#include <catch2/catch.hpp>
#include <cstdint>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "line_client.hpp"
#include "server/server.hpp"
#include "system/temporary_directory.hpp"

namespace pawl::test {

class RunningServer {
 public:
  // A start that is not the first, in durability none, may have forgotten what was granted.
  enum class Past : std::uint8_t { none, forgotten };

  explicit RunningServer(const Limits& limits = {}, Past past = Past::none,
                         const server::Resp& resp = {}, server::tls::Keyring keys = {})
      : log_(server::LogLevel::error, {}, [](std::string_view) {}),
        store_(open_store(past)),
        server_(config(limits, resp), log_, *store_, notify_, std::move(keys)),
        port_(open()),
        thread_([this] { server_.run(); }) {}

  ~RunningServer() {
    if (thread_.joinable()) {
      post([this] { server_.stop(); });
      thread_.join();
    }
  }

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] LineClient connect(int receive_buffer = 0) const {
    return LineClient(port_, receive_buffer);
  }

  void configure(const Limits& limits) {
    post([this, limits] { server_.configure(settings(limits)); });
  }

  void take_keys(server::tls::Keyring keys) {
    while_held([&] { server_.take_keys(std::move(keys)); });
  }

  void drain() {
    post([this] { server_.drain(); });
  }

  // The server stands still while `work` is done: then it finds all of it at once.
  template <class Work>
  void while_held(Work work) {
    std::promise<void> held;
    std::promise<void> done;
    post([&held, done = done.get_future().share()] {
      held.set_value();
      done.wait();
    });
    held.get_future().wait();
    work();
    done.set_value();
  }

  void wait_until_drained() { thread_.join(); }

 private:
  static Settings settings(const Limits& limits) {
    Settings settings;
    settings.limits = limits;
    return settings;
  }

  [[nodiscard]] server::Config config(const Limits& limits, const server::Resp& resp = {}) const {
    server::Config config;
    config.core = settings(limits);
    config.data_dir = directory_.path();
    config.resp = resp;
    return config;
  }

  std::uint16_t open() {
    const auto bound = server_.listen({.client = {"127.0.0.1", 0}, .http = std::nullopt});
    REQUIRE(bound.has_value());
    return static_cast<std::uint16_t>(std::stoi(bound->substr(bound->rfind(':') + 1)));
  }

  template <class Work>
  void post(Work work) {
    boost::asio::post(server_.context(), std::move(work));
  }

  [[nodiscard]] std::unique_ptr<server::Store> open_store(Past past) const {
    const server::Config config = this->config({});
    if (past == Past::forgotten) REQUIRE(server::Store::open(config, log_).has_value());
    auto store = server::Store::open(config, log_);
    REQUIRE(store.has_value());
    return std::move(*store);
  }

  testing::TemporaryDirectory directory_;
  server::Log log_;
  std::unique_ptr<server::Store> store_;
  server::Notify notify_{{}, log_};
  server::Server server_;
  std::uint16_t port_;
  std::thread thread_;
};

// Words that a reply must start with; the rest is the node's affair.
[[nodiscard]] inline bool starts(const std::optional<std::string>& line, std::string_view words) {
  if (line && line->starts_with(words)) return true;
  UNSCOPED_INFO("got: " << line.value_or("end of input"));
  return false;
}

}  // namespace pawl::test
