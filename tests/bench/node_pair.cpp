// SPDX-License-Identifier: Apache-2.0
//
// node_pair COUNT [fsync]: so many times LOCK and UNLOCK through the parser and a lone Node, each
// record flushed by itself with `fsync`. Nothing else happens: under callgrind the difference of
// two counts tells what one pair costs in instructions (./dev instructions).
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <variant>

#include "node/event.hpp"
#include "node/node.hpp"
#include "wire/request.hpp"

namespace pawl::bench {
namespace {

class Pairs {
 public:
  explicit Pairs(Durability durability) : durability_(durability), node_(settings(), now_, 0) {
    step(node::Tick{});
    step(node::Connected{connection_, "127.0.0.1:40000"});
  }

  void run(int count) {
    for (int i = 0; i < count; ++i) {
      const std::string name = "jobs/number-" + std::to_string(i % 512);
      ask("LOCK " + name + " ttl=30s");
      ask("UNLOCK " + name + " token=" + std::to_string(token_.value));
    }
  }

 private:
  [[nodiscard]] Settings settings() const {
    Settings settings;
    settings.durability = durability_;
    return settings;
  }

  void ask(const std::string& text) {
    const wire::Line line = parser_.parse(text);
    now_ += std::chrono::microseconds{10};
    answered_ = false;
    step(node::ClientRequest{{connection_, ++requests_}, &line.request});
    if (!answered_) std::abort();
  }

  void step(const node::Event& event) {
    actions_.clear();
    node_.step(now_, event, actions_);
    take_replies();
    if (durability_ == Durability::none) return;
    LogIndex last;
    node_.hand_over([&](const replication::Entry& entry) { last = entry.index; });
    if (last.value == 0) return;
    actions_.clear();
    node_.step(now_, node::Flushed{last}, actions_);
    take_replies();
  }

  void take_replies() {
    for (const Reply& reply : actions_.replies) {
      answered_ = !std::holds_alternative<reply::Error>(reply.body);
      if (const auto* granted = std::get_if<reply::Granted>(&reply.body)) token_ = granted->token;
    }
  }

  Durability durability_;
  Moment now_{std::chrono::hours{1}};
  node::Node node_;
  node::Actions actions_;
  wire::RequestParser parser_;
  ConnectionId connection_{0, 1};
  RequestNumber requests_ = 0;
  Token token_;
  bool answered_ = false;
};

}  // namespace
}  // namespace pawl::bench

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("node_pair COUNT [fsync]\n", stderr);
    return 64;
  }
  pawl::bench::Pairs pairs(argc > 2 ? pawl::Durability::fsync : pawl::Durability::none);
  pairs.run(std::atoi(argv[1]));
}
