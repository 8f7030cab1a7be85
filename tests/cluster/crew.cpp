// SPDX-License-Identifier: Apache-2.0
#include "cluster/crew.hpp"

#include <poll.h>

#include <algorithm>
#include <charconv>
#include <exception>
#include <utility>

#include "system/process.hpp"

namespace pawl::testing {

using namespace std::chrono_literals;

namespace {

// A request that is not answered within is asked elsewhere.
constexpr std::chrono::milliseconds patience{250};
constexpr std::chrono::milliseconds longest_wait{300};

std::uint64_t number_of(std::string_view reply, std::string_view key) {
  std::uint64_t number = 0;
  const std::size_t found = reply.find(key);
  if (found != reply.npos) {
    std::from_chars(reply.data() + found + key.size(), reply.data() + reply.size(), number);
  }
  return number;
}

std::chrono::milliseconds ttl_of(const std::string& reply) {
  return std::chrono::milliseconds(number_of(reply, " ttl="));
}

}  // namespace

void Counters::success(std::size_t node) {
  ++successes;
  const TimePoint now = std::chrono::steady_clock::now();
  const std::lock_guard lock(mutex_);
  last_[node] = now;
  if (!old_ || after_ || node == *old_) return;
  before_ = last_[*old_];
  after_ = now;
}

void Counters::expect_other_than(std::size_t node) {
  const std::lock_guard lock(mutex_);
  old_ = node;
  before_.reset();
  after_.reset();
}

std::optional<std::chrono::duration<double, std::milli>> Counters::gap() const {
  const std::lock_guard lock(mutex_);
  if (!after_) return std::nullopt;
  return *after_ - *before_;
}

Client::Client(unsigned number, std::vector<Address> servers, std::uint64_t seed, Judge& judge,
               Counters& counters)
    : who_("w" + std::to_string(number)),
      servers_(std::move(servers)),
      random_(seed * 64 + number),
      judge_(judge),
      counters_(counters),
      node_(number % servers_.size()) {}

void Client::work(const std::atomic<bool>& over) {
  try {
    while (!over && judge_.first_wrong().empty()) one_hold();
  } catch (const std::exception& error) {
    judge_.wrong(error.what());
  }
}

void Client::one_hold() {
  const bool contended = below(2) == 0;
  // And lets it expire. Of names that nobody asks for again: each failover lets such a lease run
  // anew, and in the end everybody would wait for one, and nobody see when the next primary serves.
  const bool abandons = below(50) == 0;
  Hold hold;
  hold.name = (contended ? "shared/" : "own/" + who_ + '/') + std::to_string(below(4));
  if (abandons) hold.name = "left/" + who_ + '/' + std::to_string(counted_);
  hold.id = who_ + '-' + std::to_string(++counted_);
  judge_.asks(hold);
  const std::string line = "LOCK " + hold.name + " id=" + hold.id +
                           " wait=" + std::to_string(longest_wait.count()) +
                           "ms ttl=" + (abandons ? "1s" : "20s");
  const Answer answer = ask(line, longest_wait + patience);
  if (answer.reply.starts_with("ERR TIMEOUT")) return;
  if (!answer.reply.starts_with("OK token=")) return judge_.wrong(line + ": " + answer.reply);
  judge_.granted(hold, number_of(answer.reply, "token="), answer.sent, ttl_of(answer.reply));
  if (abandons) return;
  use(hold);
  release(hold);
}

void Client::use(Hold& hold) {
  for (std::uint64_t uses = below(3); uses > 0; --uses) {
    const std::string held = hold.name + " token=" + std::to_string(hold.token);
    std::string line = "VERIFY " + held;
    if (below(2) == 0) line = "RENEW " + held + (below(4) == 0 ? " ttl=21s" : "");
    const Answer answer = ask(line, patience);
    if (answer.reply.starts_with("OK ttl=")) {
      judge_.confirmed(hold, answer.sent, ttl_of(answer.reply));
    } else {
      judge_.not_held(hold, line + ": " + answer.reply);
    }
  }
}

// NOT_HELD is right where an earlier UNLOCK was done whose answer got lost.
void Client::release(const Hold& hold) {
  judge_.releases(hold);
  const std::string line = "UNLOCK " + hold.name + " token=" + std::to_string(hold.token);
  const std::string reply = ask(line, patience).reply;
  const bool done = reply == "OK" || reply.starts_with("ERR NOT_HELD");
  if (!done) judge_.wrong(line + ": " + reply);
}

Client::Answer Client::ask(const std::string& line, std::chrono::milliseconds within) {
  const TimePoint until = std::chrono::steady_clock::now() + deadline;
  while (std::chrono::steady_clock::now() < until) {
    if (auto answer = ask_once(line, within)) return *std::move(answer);
  }
  throw std::runtime_error("no answer in time: " + line);
}

std::optional<Client::Answer> Client::ask_once(const std::string& line,
                                               std::chrono::milliseconds within) {
  if (!wire_) wire_ = std::make_unique<Wire>(servers_[node_]);
  const TimePoint sent = std::chrono::steady_clock::now();
  if (wire_->send(line)) {
    if (auto reply = wire_->read_line(sent + within)) {
      if (!takes_for_answer(*reply, line.starts_with("LOCK"))) return std::nullopt;
      return Answer{*std::move(reply), sent};
    }
  }
  ++(wire_->is_open() ? counters_.silent : counters_.broken);
  go_to(std::nullopt);
  return std::nullopt;
}

bool Client::takes_for_answer(const std::string& reply, bool waits) {
  if (reply.starts_with("OK")) counters_.success(node_);
  if (reply.starts_with("ERR NO_QUORUM")) {
    ++(waits ? counters_.waits_moved : counters_.no_quorum);
    go_to(std::nullopt);
    return false;
  }
  if (reply.starts_with("ERR SHUTTING_DOWN")) {
    go_to(std::nullopt);
    return false;
  }
  if (!reply.starts_with("ERR NOT_PRIMARY")) return true;
  ++counters_.not_primary;
  const auto named = std::find_if(servers_.begin(), servers_.end(), [&](const Address& server) {
    return (reply + ' ').find(" primary=" + server.text() + ' ') != std::string::npos;
  });
  if (named == servers_.end()) {
    go_to(std::nullopt);
  } else {
    go_to(static_cast<std::size_t>(named - servers_.begin()));
  }
  return false;
}

// Without a name: to the next one, in a moment.
void Client::go_to(std::optional<std::size_t> node) {
  if (!node) ::poll(nullptr, 0, 1 + static_cast<int>(below(5)));
  const std::size_t there = node.value_or((node_ + 1) % servers_.size());
  if (there == node_ && wire_ && wire_->is_open()) return;
  node_ = there;
  wire_.reset();
}

Crew::Crew(unsigned clients, std::vector<Address> servers, std::uint64_t seed) {
  for (unsigned number = 0; number < clients; ++number) {
    clients_.push_back(std::make_unique<Client>(number, servers, seed, judge_, counters_));
  }
  for (const auto& client : clients_) {
    threads_.emplace_back([this, &client = *client] { client.work(over_); });
  }
}

Crew::~Crew() { stop(); }

void Crew::stop() {
  over_ = true;
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

}  // namespace pawl::testing
