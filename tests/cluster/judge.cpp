// SPDX-License-Identifier: Apache-2.0
#include "cluster/judge.hpp"

#include <algorithm>

namespace pawl::testing {

namespace {

constexpr std::size_t most_claims = 8;  // of one name that are remembered

std::string text_of(const Hold& hold) {
  return hold.id + " of " + hold.name + ", token " + std::to_string(hold.token);
}

}  // namespace

void Judge::asks(Hold& hold) {
  const std::lock_guard lock(mutex_);
  hold.floor = highest_;
}

void Judge::granted(Hold& hold, std::uint64_t token, TimePoint sent,
                    std::chrono::milliseconds ttl) {
  const TimePoint now = std::chrono::steady_clock::now();
  const std::lock_guard lock(mutex_);
  if (hold.token != 0 && hold.token != token) {
    wrong_locked(text_of(hold) + ": has another token now, " + std::to_string(token));
  }
  hold.token = token;
  hold.until = sent + ttl;
  if (token <= hold.floor) {
    wrong_locked(text_of(hold) + ": falls, " + std::to_string(hold.floor) + " was known before");
  }
  const auto [known, is_new] = ids_.emplace(token, hold.id);
  if (!is_new && known->second != hold.id) wrong_locked(text_of(hold) + ": is " + known->second);
  highest_ = std::max(highest_, token);
  claims_[hold.name].emplace(token, Claim{hold.id, now, hold.until});
  look_at(hold.name);
}

void Judge::confirmed(Hold& hold, TimePoint sent, std::chrono::milliseconds ttl) {
  const std::lock_guard lock(mutex_);
  auto& claims = claims_[hold.name];
  const auto next = claims.upper_bound(hold.token);
  if (next != claims.end() && next->second.granted < sent) {
    wrong_locked(text_of(hold) + ": confirmed after " + next->second.id + " was granted");
  }
  hold.until = std::max(hold.until, sent + ttl);
  const auto own = claims.find(hold.token);
  if (own != claims.end()) own->second.until = hold.until;
  look_at(hold.name);
}

void Judge::releases(const Hold& hold) {
  const TimePoint now = std::chrono::steady_clock::now();
  const std::lock_guard lock(mutex_);
  auto& claims = claims_[hold.name];
  const auto own = claims.find(hold.token);
  if (own != claims.end()) own->second.until = std::min(own->second.until, now);
}

void Judge::not_held(const Hold& hold, const std::string& reply) {
  if (std::chrono::steady_clock::now() >= hold.until) return;
  wrong("an acknowledged grant is lost: " + text_of(hold) + ": " + reply);
}

// Whoever is granted later must not have been before the one before it stopped counting on it.
void Judge::look_at(const std::string& name) {
  auto& claims = claims_[name];
  while (claims.size() > most_claims) claims.erase(claims.begin());
  for (auto one = claims.begin(); one != claims.end(); ++one) {
    const auto next = std::next(one);
    if (next == claims.end() || next->second.granted >= one->second.until) continue;
    wrong_locked("two hold " + name + ": " + one->second.id + " and " + next->second.id);
  }
}

void Judge::wrong(const std::string& what) {
  const std::lock_guard lock(mutex_);
  wrong_locked(what);
}

void Judge::wrong_locked(const std::string& what) {
  if (first_wrong_.empty()) first_wrong_ = what;
}

std::string Judge::first_wrong() const {
  const std::lock_guard lock(mutex_);
  return first_wrong_;
}

std::size_t Judge::grants() const {
  const std::lock_guard lock(mutex_);
  return ids_.size();
}

}  // namespace pawl::testing
