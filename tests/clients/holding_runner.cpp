// SPDX-License-Identifier: Apache-2.0
//
// Does to pawl_client what lines on standard input say, and prints what came of it; README.md here
// says which.
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/uuid/random_generator.hpp>
#include <boost/uuid/uuid_io.hpp>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "client/holding.hpp"
#include "wire/values.hpp"

namespace {

namespace asio = boost::asio;
using namespace pawl;
using namespace pawl::client;
using Servers = std::vector<ServerAddress>;
using Words = std::vector<std::string>;

void say(const std::string& text) { std::cout << text << std::endl; }

Wanted wanted_of(const Words& words) {
  Wanted wanted;
  wanted.names = {words[2]};
  wanted.id = boost::uuids::to_string(boost::uuids::random_generator()());
  wanted.wait = Milliseconds{0};
  for (std::size_t i = 3; i < words.size(); ++i) {
    const std::size_t end = words[i].find('=');
    const std::string key = words[i].substr(0, end);
    const std::string value = words[i].substr(end + 1);
    if (key == "wait") wanted.wait = wire::parse_duration(value);  // forever is none
    if (key == "ttl") wanted.ttl = wire::parse_duration(value).value();
    if (key == "max_hold") wanted.max_hold = wire::parse_duration(value).value();
    if (key == "mode") wanted.mode = Mode::shared;
    if (key == "slots") wanted.mode = Mode::slot;
    if (key == "slots") wanted.slots = static_cast<std::uint32_t>(std::stoul(value));
  }
  return wanted;
}

// One lock of one client, from `lock` to its end; each of its outcomes is said once.
class Body {
 public:
  Body(asio::io_context& context, const Servers& servers, const Words& words)
      : name_(words[0] + " " + words[2]) {
    HoldingOptions options;
    options.servers = servers;
    options.wanted = wanted_of(words);
    holding_ = std::make_unique<Holding>(context, std::move(options), [this] { review(); });
  }

  void end(const std::string& word) {
    word_ = word;
    holding_->release();
  }

  void tell_state() const {
    const bool is_held =
        acquisition().state() == State::held && holding_->now() < acquisition().held_until();
    say(name_ + (is_held ? " is held" + token() : " is lost"));
  }

  [[nodiscard]] bool is_over() const {
    return acquisition().is_over() || holding_->gave_up() || holding_->unreachable();
  }

  void silence() { is_silent_ = true; }

 private:
  [[nodiscard]] const Acquisition& acquisition() const { return holding_->acquisition(); }

  [[nodiscard]] std::string token() const {
    return " token=" + std::to_string(acquisition().token().value);
  }

  void review() {
    std::string outcome = outcome_of_now();
    if (is_silent_ || outcome.empty() || outcome == told_) return;
    told_ = std::move(outcome);
    say(name_ + " " + told_);
  }

  [[nodiscard]] std::string outcome_of_now() const {
    if (holding_->unreachable()) return "UNREACHABLE";
    if (holding_->gave_up()) return word_;
    switch (acquisition().state()) {
      case State::asking:
      case State::queued: break;
      case State::held: return "held" + token();
      case State::lost: return "lost";
      case State::refused: return acquisition().refusal()->code;
      case State::released: return word_;
    }
    return {};
  }

  std::string name_;
  std::string word_;
  std::string told_;
  bool is_silent_ = false;
  std::unique_ptr<Holding> holding_;
};

class Runner {
 public:
  Runner(asio::io_context& context, Servers servers)
      : context_(context), servers_(std::move(servers)), input_(context, ::dup(STDIN_FILENO)) {}

  void run() {
    say("ready without session");
    read();
    while (!(has_ended_ && bodies_.empty()) && context_.run_one() > 0) {
      if (is_forgetting_) forget_who_is_over();
    }
  }

 private:
  void read() {
    asio::async_read_until(input_, buffer_, '\n', [this](auto error, std::size_t) {
      if (error) {
        has_ended_ = true;
        return forget();
      }
      std::istream lines(&buffer_);
      std::string line;
      std::getline(lines, line);
      perform(line);
      read();
    });
  }

  void perform(const std::string& line) {
    std::istringstream stream(line);
    Words words;
    for (std::string word; stream >> word;) words.push_back(word);
    if (words == Words{"reset"}) return forget();
    const std::string key = words[0] + " " + words[2];
    if (words[1] == "lock") {
      bodies_[key] = std::make_unique<Body>(context_, servers_, words);
    } else if (words[1] == "state") {
      bodies_.at(key)->tell_state();
    } else {
      bodies_.at(key)->end(words[1] == "cancel" ? "cancelled" : "released");
    }
  }

  void forget() {
    is_forgetting_ = true;
    for (auto& [name, body] : bodies_) {
      body->silence();
      body->end("");
    }
    forget_who_is_over();
  }

  void forget_who_is_over() {
    std::erase_if(bodies_, [](const auto& entry) { return entry.second->is_over(); });
    if (!bodies_.empty()) return;
    is_forgetting_ = false;
    if (!has_ended_) say("reset done");
  }

  asio::io_context& context_;
  Servers servers_;
  asio::posix::stream_descriptor input_;
  asio::streambuf buffer_;
  std::map<std::string, std::unique_ptr<Body>> bodies_;
  bool is_forgetting_ = false;
  bool has_ended_ = false;
};

}  // namespace

int main(int argc, char** argv) {
  const auto servers = argc == 2 ? parse_server_addresses(argv[1]) : std::nullopt;
  if (!servers) return 64;
  asio::io_context context;
  Runner(context, *servers).run();
  return 0;
}
