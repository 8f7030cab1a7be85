// SPDX-License-Identifier: Apache-2.0
//
// Does to the library what lines on standard input say, and prints what came of it: a runner of the
// cases that clients of every language are held against. A lock outside of a session has a client
// of its own, as its lease would be its own.
#include <unistd.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "pawl/client.hpp"
#include "wire/values.hpp"

namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Words = std::vector<std::string>;

void say(const std::string& text) { std::cout << text << std::endl; }

std::string code_of(const error_code& error) {
  const std::string message = error.message();  // BUSY: others hold the lock
  return message.substr(0, message.find(':'));
}

// key=value words.
std::map<std::string, std::string> options_in(const Words& words) {
  std::map<std::string, std::string> options;
  for (const std::string& word : words) {
    const std::size_t end = word.find('=');
    if (end != word.npos) options[word.substr(0, end)] = word.substr(end + 1);
  }
  return options;
}

pawl::LockOptions lock_options(const Words& words) {
  pawl::LockOptions options;
  options.wait = pawl::Milliseconds{0};
  for (const auto& [key, value] : options_in(words)) {
    if (key == "wait") options.wait = pawl::wire::parse_duration(value);  // forever is none
    if (key == "max_hold") options.max_hold = pawl::wire::parse_duration(value).value();
    if (key == "mode") options.shared = value == "shared";
    if (key == "slots") options.slots = static_cast<std::uint32_t>(std::stoul(value));
  }
  return options;
}

// Of `is`: who a client says it is, and whom it believes.
pawl::ClientOptions client_options(const Words& words) {
  pawl::ClientOptions options;
  pawl::TlsOptions tls;
  for (const auto& [key, value] : options_in(words)) {
    if (key == "user") options.user = value;
    if (key == "secret") options.secret = value;
    if (key == "ca") tls.ca = value;
    if (key == "cert") tls.certificate = value;
    if (key == "key") tls.key = value;
    if (key == "name") tls.server_name = value;
  }
  if (!tls.ca.empty()) options.tls = tls;
  return options;
}

// A client that runs until it is closed.
class Running {
 public:
  Running(asio::io_context& context, pawl::ClientOptions options, const Words& words) {
    const auto given = options_in(words);
    if (given.contains("ttl")) options.ttl = pawl::wire::parse_duration(given.at("ttl")).value();
    client_.emplace(context, options);
    client_->async_run([this](error_code) {
      is_over_ = true;
      for (const auto& then : std::exchange(then_, {})) then();
    });
  }

  void close(std::function<void()> then) {
    if (is_over_) return then();
    then_.push_back(std::move(then));
    client_->stop();
  }

  pawl::Client& operator*() { return *client_; }

 private:
  std::optional<pawl::Client> client_;
  std::vector<std::function<void()>> then_;
  bool is_over_ = false;
};

// One lock of one client, from `lock` to its end.
struct Body {
  std::string name;                // "a x"
  std::shared_ptr<Running> owner;  // its letter's session, or its own
  bool is_alone = false;
  bool is_silent = false;
  asio::cancellation_signal cancel;
  pawl::Lease lease;
  pawl::Token token;
  std::optional<std::stop_callback<std::function<void()>>> on_lost;

  void tell(const std::string& what) const {
    if (!is_silent) say(name + " " + what);
  }
};

class Runner {
 public:
  Runner(asio::io_context& context, std::string servers)
      : context_(context), servers_(std::move(servers)), input_(context, ::dup(STDIN_FILENO)) {}

  void run() {
    say("ready");
    read();
    context_.run();
  }

 private:
  void read() {
    asio::async_read_until(input_, buffer_, '\n', [this](error_code error, std::size_t) {
      if (error) return context_.stop();
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
    if (words[0] == "reset") return reset();
    if (words[1] == "is") {
      who_[words[0]] = client_options(words);
      return;
    }
    if (words[1] == "session") return open(words);
    if (words[1] == "close") return close(words[0]);
    if (words[1] == "lock") return lock(words);
    Body& body = *bodies_.at(words[0] + " " + words[2]);
    if (words[1] == "state") return tell_state(body);
    if (words[1] == "cancel") return body.cancel.emit(asio::cancellation_type::total);
    unlock(bodies_.at(words[0] + " " + words[2]));
  }

  void open(const Words& words) {
    sessions_[words[0]] = make_client(words, true);
    say(words[0] + " open");
  }

  void close(const std::string& letter) {
    for (const auto& [name, body] : bodies_) {
      if (name.starts_with(letter + " ")) body->is_silent = true;
    }
    sessions_.at(letter)->close([letter] { say(letter + " closed"); });
  }

  void lock(const Words& words) {
    const auto body = std::make_shared<Body>();
    body->name = words[0] + " " + words[2];
    body->is_alone = !sessions_.contains(words[0]);
    body->owner = body->is_alone ? make_client(words, false) : sessions_.at(words[0]);
    bodies_[body->name] = body;
    (**body->owner)
        .async_lock(words[2], lock_options(words),
                    asio::bind_cancellation_slot(body->cancel.slot(),
                                                 [this, body](error_code error, pawl::Lease lease) {
                                                   if (error) return refuse(body, error);
                                                   hold(body, std::move(lease));
                                                 }));
  }

  static void refuse(const std::shared_ptr<Body>& body, const error_code& error) {
    const bool cancelled = error == asio::error::operation_aborted;
    body->tell(cancelled ? "cancelled" : code_of(error));
    if (body->is_alone) body->owner->close([] {});
  }

  static void hold(const std::shared_ptr<Body>& body, pawl::Lease lease) {
    body->lease = std::move(lease);
    body->token = body->lease.token();
    body->tell("held token=" + std::to_string(body->token.value));
    const std::weak_ptr<Body> weak = body;
    body->on_lost.emplace(body->lease.lost(), [weak] {
      if (const auto losing = weak.lock()) losing->tell("lost");
    });
  }

  static void unlock(const std::shared_ptr<Body>& body) {
    body->on_lost.reset();
    body->lease.async_unlock([body](error_code) {
      body->tell("released");
      if (body->is_alone) body->owner->close([] {});
    });
  }

  static void tell_state(const Body& body) {
    const std::string token = " token=" + std::to_string(body.token.value);
    switch (body.lease.state()) {
      case pawl::LeaseState::held: return body.tell("is held" + token);
      case pawl::LeaseState::unsure: return body.tell("is unsure" + token);
      case pawl::LeaseState::lost:
      case pawl::LeaseState::released: return body.tell("is lost");
    }
  }

  void reset() {
    for (const auto& [name, body] : bodies_) body->is_silent = true;
    bodies_.clear();
    sessions_.clear();
    who_.clear();
    const auto left = std::make_shared<std::size_t>(clients_.size());
    if (*left == 0) return say("reset done");
    for (const auto& client : clients_) {
      client->close([left] {
        if (--*left == 0) say("reset done");
      });
    }
    old_ = std::exchange(clients_, {});
  }

  std::shared_ptr<Running> make_client(const Words& words, bool deadlock) {
    pawl::ClientOptions options = who_[words[0]];
    options.servers = servers_;
    options.deadlock = deadlock;
    clients_.push_back(std::make_shared<Running>(context_, options, words));
    return clients_.back();
  }

  asio::io_context& context_;
  std::string servers_;
  asio::posix::stream_descriptor input_;
  asio::streambuf buffer_;
  std::vector<std::shared_ptr<Running>> clients_;
  std::vector<std::shared_ptr<Running>> old_;       // closing
  std::map<std::string, pawl::ClientOptions> who_;  // each letter is, where that was said
  std::map<std::string, std::shared_ptr<Running>> sessions_;
  std::map<std::string, std::shared_ptr<Body>> bodies_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 64;
  asio::io_context context;
  Runner(context, argv[1]).run();
  return 0;
}
