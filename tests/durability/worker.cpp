// SPDX-License-Identifier: Apache-2.0
#include "durability/worker.hpp"

#include <algorithm>
#include <charconv>
#include <exception>
#include <utility>

namespace pawl::testing {
namespace {

constexpr std::size_t most_held = 2;

std::uint64_t number_after(std::string_view reply, std::string_view key) {
  const std::size_t found = reply.find(key);
  std::uint64_t number = 0;
  if (found != reply.npos) {
    std::from_chars(reply.data() + found + key.size(), reply.data() + reply.size(), number);
  }
  return number;
}

}  // namespace

Worker::Worker(unsigned number, bool has_session, std::uint64_t seed, History& history)
    : who_("w" + std::to_string(number)),
      has_session_(has_session),
      random_(seed * 64 + number),
      history_(history) {
  new_secret();
}

std::vector<std::string> Worker::lock_names() {
  return {"jobs/a", "jobs/b", "jobs/c", "jobs/d", "jobs/e",
          "jobs/f", "jobs/g", "jobs/h", "jobs/i", "jobs/j"};
}

void Worker::new_secret() { secret_ = who_ + "-session-" + std::to_string(++counted_); }

std::string Worker::ask(Connection& client, const std::string& line) {
  client.send(line);
  return client.read_line();
}

void Worker::work(const Door& door) {
  try {
    Connection client(door);
    if (session_ == Session::open) {
      const std::string reply = ask(client, "RESUME " + secret_);
      history_.expect(reply.starts_with("OK"), who_ + "'s session was answered " + reply);
    }
    while (history_.first_wrong().empty()) one_request(client);
  } catch (const std::exception&) {
    // The server is gone; what was being asked for stays as it is.
  }
}

void Worker::one_request(Connection& client) {
  if (has_session_ && session_ == Session::none) return open(client);
  const std::uint64_t die = below(100);
  if (has_session_ && die < 2) return close(client);
  if (held_.empty()) return lock(client);
  if (die < 10) return renew(client);
  if (held_.size() == most_held || die < 50) return unlock(client);
  lock(client);
}

void Worker::open(Connection& client) {
  session_ = Session::opening;
  // It waits for what it holds itself, too.
  const std::string reply = ask(client, "OPEN ttl=60s deadlock=off id=" + secret_);
  history_.expect(reply.starts_with("OK session="), "OPEN was answered " + reply);
  session_ = Session::open;
  history_.count(&Tally::sessions);
}

void Worker::close(Connection& client) {
  session_ = Session::closing;
  for (const Acquisition& one : held_) history_.releases(one);
  const std::string reply = ask(client, "CLOSE");
  history_.expect(
      reply == "OK released=" + std::to_string(held_.size()),
      who_ + " holds " + std::to_string(held_.size()) + ", CLOSE was answered " + reply);
  for (const Acquisition& one : held_) released_.push_back({one.name, one.token});
  held_.clear();
  new_secret();
  session_ = Session::none;
}

std::string Worker::lock_line() const {
  std::string line = "LOCK " + subject_.name + " note=" + subject_.note;
  line += waits_ ? " wait=10ms" : " wait=0";
  if (!subject_.in_session) line += " ttl=60s";
  if (!subject_.id.empty()) line += " id=" + subject_.id;
  return line;
}

void Worker::lock(Connection& client) {
  const auto names = lock_names();
  const std::string number = std::to_string(++counted_);
  subject_ = {.name = names[below(names.size())] + era_,
              .note = who_ + "." + number,
              .id = {},
              .in_session = session_ == Session::open};
  if (below(2) == 0) subject_.id = who_ + "-" + number;
  waits_ = below(2) == 0;
  history_.asks(subject_);
  doing_ = Doing::locking;
  on_lock_reply(ask(client, lock_line()));
}

void Worker::on_lock_reply(std::string_view reply) {
  doing_ = Doing::nothing;
  if (reply.starts_with("OK token=")) {
    history_.granted(subject_, number_after(reply, "token="));
    history_.count(&Tally::grants);
    held_.push_back(subject_);
    return;
  }
  const bool refused = reply.starts_with("ERR BUSY") || reply.starts_with("ERR TIMEOUT");
  history_.expect(refused, who_ + ": LOCK was answered " + std::string(reply));
  history_.expect(subject_.token == 0, who_ + " was granted " + std::to_string(subject_.token) +
                                           " and then refused: " + std::string(reply));
}

void Worker::unlock(Connection& client) {
  const auto at = held_.begin() + static_cast<std::ptrdiff_t>(below(held_.size()));
  subject_ = *at;
  held_.erase(at);
  history_.releases(subject_);
  doing_ = Doing::unlocking;
  const std::string reply =
      ask(client, "UNLOCK " + subject_.name + " token=" + std::to_string(subject_.token));
  history_.expect(reply == "OK", who_ + ": UNLOCK was answered " + reply);
  released();
}

void Worker::released() {
  doing_ = Doing::nothing;
  released_.push_back({subject_.name, subject_.token});
  history_.count(&Tally::releases);
}

void Worker::renew(Connection& client) {
  const Acquisition& one = held_[below(held_.size())];
  // Another TTL is a record, the same one is none.
  const std::string ttl = below(2) == 0 ? "60s" : "61s";
  const std::string reply =
      one.in_session ? ask(client, "KEEPALIVE")
                     : ask(client, "RENEW " + one.name + " token=" + std::to_string(one.token) +
                                       " ttl=" + ttl);
  history_.expect(reply.starts_with("OK ttl="), who_ + ": renewing was answered " + reply);
}

}  // namespace pawl::testing
