// SPDX-License-Identifier: Apache-2.0
//
// After a restart: a worker looks whether what it was told is still so.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "durability/worker.hpp"

namespace pawl::testing {
namespace {

bool is_shown(const Shown& shown, const Acquisition& acquisition) {
  const auto& holders = shown.at(acquisition.name);
  return std::any_of(holders.begin(), holders.end(),
                     [&](const Holder& holder) { return holder.note == acquisition.note; });
}

std::uint64_t shown_token(const Shown& shown, const Acquisition& acquisition) {
  for (const Holder& holder : shown.at(acquisition.name)) {
    if (holder.note == acquisition.note) return holder.token;
  }
  return 0;
}

}  // namespace

Shown show(const Door& door, const std::vector<std::string>& names, History& history) {
  Shown shown;
  Connection client(door);
  for (const std::string& name : names) {
    client.send("SHOW " + name);
    const std::string reply = client.read_line();
    const auto json = nlohmann::json::parse(reply.substr(3));
    std::vector<Holder>& holders = shown[name];
    for (const auto& holder : json.at("holders")) {
      holders.push_back({holder.at("token").get<std::uint64_t>(), holder.at("note")});
    }
    history.expect(holders.size() <= 1, "two hold " + name + ": " + reply);
  }
  return shown;
}

void Worker::check(const Door& door, const Shown& shown) {
  Connection client(door);
  check_session(client, shown);
  check_holds(client, shown);
  if (doing_ == Doing::unlocking) settle_unlock(client, shown);
  check_releases(client);
  if (doing_ == Doing::locking) settle_lock(client, shown);
}

// All of a session or nothing of it.
void Worker::check_session(Connection& client, const Shown& shown) {
  if (session_ == Session::none) return;
  if (session_ == Session::opening) return open(client);
  const std::string reply = ask(client, "RESUME " + secret_);
  if (session_ == Session::open) {
    history_.expect(reply.starts_with("OK"), who_ + "'s session was answered " + reply);
    return;
  }
  if (reply.starts_with("OK")) {
    session_ = Session::open;
    for (const Acquisition& one : held_) history_.holds_still(one);
    return;
  }
  history_.expect(reply.starts_with("ERR SESSION_EXPIRED"), "RESUME was answered " + reply);
  for (const Acquisition& one : held_) {
    history_.expect(!is_shown(shown, one), one.note + " outlived its session");
    released_.push_back({one.name, one.token});
  }
  held_.clear();
  new_secret();
  session_ = Session::none;
}

void Worker::check_holds(Connection& client, const Shown& shown) {
  for (const Acquisition& one : held_) {
    const std::string held = one.name + " token=" + std::to_string(one.token);
    const std::string reply = ask(client, "VERIFY " + held);
    history_.expect(reply.starts_with("OK"),
                    "an acknowledged grant is lost: " + one.note + " " + held + ": " + reply);
    history_.expect(shown_token(shown, one) == one.token, "SHOW does not know " + held);
    history_.count(&Tally::survived);
  }
}

void Worker::check_releases(Connection& client) {
  for (const Released& one : released_) {
    const std::string was = one.name + " token=" + std::to_string(one.token);
    const std::string reply = ask(client, "VERIFY " + was);
    history_.expect(reply.starts_with("ERR NOT_HELD"),
                    "an acknowledged release is lost: " + was + ": " + reply);
    history_.count(&Tally::still_released);
  }
  released_.clear();
}

// The same LOCK again; without an id SHOW alone can tell.
void Worker::settle_lock(Connection& client, const Shown& shown) {
  const std::uint64_t token = shown_token(shown, subject_);
  history_.count(token == 0 ? &Tally::unknown_not_made : &Tally::unknown_made);
  if (token != 0) history_.granted(subject_, token);
  if (!subject_.id.empty()) {
    on_lock_reply(ask(client, lock_line()));
  } else {
    doing_ = Doing::nothing;
    if (token != 0) held_.push_back(subject_);
  }
}

void Worker::settle_unlock(Connection& client, const Shown& shown) {
  const bool holds = is_shown(shown, subject_);
  history_.count(holds ? &Tally::unlocks_not_made : &Tally::unlocks_made);
  if (holds) history_.holds_still(subject_);
  history_.releases(subject_);
  const std::string reply =
      ask(client, "UNLOCK " + subject_.name + " token=" + std::to_string(subject_.token));
  history_.expect(reply.starts_with(holds ? "OK" : "ERR NOT_HELD"),
                  who_ + ": UNLOCK again was answered " + reply);
  released();
}

void Worker::forget(std::uint64_t era) {
  era_ = "." + std::to_string(era);
  held_.clear();
  released_.clear();
  doing_ = Doing::nothing;
  session_ = Session::none;
  new_secret();
}

}  // namespace pawl::testing
