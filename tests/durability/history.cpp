// SPDX-License-Identifier: Apache-2.0
#include "durability/history.hpp"

#include <algorithm>

namespace pawl::testing {

void History::asks(Acquisition& acquisition) {
  const std::lock_guard lock(mutex_);
  acquisition.floor = highest_;
}

void History::granted(Acquisition& acquisition, std::uint64_t token) {
  const std::lock_guard lock(mutex_);
  const std::string who =
      acquisition.note + " of " + acquisition.name + ", token " + std::to_string(token);
  if (acquisition.token != 0 && acquisition.token != token) {
    wrong_locked(who + ": had " + std::to_string(acquisition.token) + " before");
  }
  if (token <= acquisition.floor) {
    wrong_locked(who + ": falls, " + std::to_string(acquisition.floor) + " was known before");
  }
  const auto [known, is_new] = notes_.emplace(token, acquisition.note);
  if (!is_new && known->second != acquisition.note)
    wrong_locked(who + ": is " + known->second + "'s");
  highest_ = std::max(highest_, token);
  acquisition.token = token;
  take_holder(acquisition);
}

void History::take_holder(const Acquisition& acquisition) {
  std::string& holder = holders_[acquisition.name];
  if (!holder.empty() && holder != acquisition.note) {
    wrong_locked("two hold " + acquisition.name + ": " + holder + " and " + acquisition.note);
  }
  holder = acquisition.note;
}

void History::releases(const Acquisition& acquisition) {
  const std::lock_guard lock(mutex_);
  const auto holder = holders_.find(acquisition.name);
  if (holder != holders_.end() && holder->second == acquisition.note) holders_.erase(holder);
}

void History::holds_still(const Acquisition& acquisition) {
  const std::lock_guard lock(mutex_);
  take_holder(acquisition);
}

void History::forget_holders() {
  const std::lock_guard lock(mutex_);
  holders_.clear();
}

void History::expect(bool holds, const std::string& otherwise) {
  if (!holds) wrong(otherwise);
}

void History::wrong(const std::string& what) {
  const std::lock_guard lock(mutex_);
  wrong_locked(what);
}

void History::wrong_locked(const std::string& what) {
  if (first_wrong_.empty()) first_wrong_ = what;
}

std::string History::first_wrong() const {
  const std::lock_guard lock(mutex_);
  return first_wrong_;
}

void History::count(std::size_t Tally::*what) {
  const std::lock_guard lock(mutex_);
  ++(tally_.*what);
}

Tally History::tally() const {
  const std::lock_guard lock(mutex_);
  return tally_;
}

}  // namespace pawl::testing
