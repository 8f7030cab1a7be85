// SPDX-License-Identifier: Apache-2.0
//
// Asks a Service about a node, without a socket between them.
#pragma once

#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "node/core.hpp"
#include "server/http/service.hpp"

namespace pawl::testing {

class Onlooker {
 public:
  explicit Onlooker(const node::Node& node, server::http::Facts known = {})
      : facts(std::move(known)), node_(node) {}

  server::http::Answer ask(const std::string& target, const std::string& host = {}) {
    // A new one each time: what took long on a busy machine would be kept for a second.
    server::http::Service service(
        context_, node_, [this] { return facts; }, server::http::OwnHosts({"here.example"}),
        server::http::Guard{[this](const auto& visitor) { return rules_of(visitor); },
                            [this](const server::http::TurnedAway& away) {
                              turned_away.push_back(std::string(away.user) + " " +
                                                    std::string(to_string(away.code)));
                            }});
    std::optional<server::http::Answer> got;
    service.answer({target, host, authorization},
                   [&](server::http::Answer answer) { got = std::move(answer); });
    handlers = context_.run();
    context_.restart();
    REQUIRE(got);
    return *got;
  }
  nlohmann::json json(const std::string& target) {
    const server::http::Answer answer = ask(target);
    CHECK(answer.status == 200);
    CHECK(answer.type == "application/json");
    return nlohmann::json::parse(answer.body);
  }

  server::http::Facts facts;
  std::string authorization;  // the header, sent along
  server::http::RulesOf rules_of = [](const auto&) {
    static const std::vector<access::Rule> everything{{"", access::every_right}};
    return &everything;
  };
  std::vector<std::string> turned_away;  // user and code
  std::size_t handlers = 0;              // that the last answer took, behind the first

 private:
  boost::asio::io_context context_;
  const node::Node& node_;
};

}  // namespace pawl::testing
