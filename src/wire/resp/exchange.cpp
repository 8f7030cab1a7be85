// SPDX-License-Identifier: Apache-2.0
#include "wire/resp/exchange.hpp"

#include <algorithm>
#include <utility>

#include "base/overloaded.hpp"
#include "wire/resp/answer.hpp"

namespace pawl::wire::resp {
namespace {

constexpr std::string_view owner_mark = "owner=";
constexpr std::uint32_t most_holders = 1'000;

bool is_error(const ReplyBody& body, ErrorCode code) {
  const auto* error = std::get_if<reply::Error>(&body);
  return error != nullptr && error->code == code;
}

}  // namespace

std::string note_of(std::string_view owner) { return std::string(owner_mark).append(owner); }

Exchange::Exchange(Task task, Version version, const Policy& policy, Counts& counts)
    : task_(std::move(task)), version_(version), policy_(policy), counts_(counts) {
  name_once();
  if (task_.act == Act::authenticate) {
    request_ = request::Auth{.user = task_.user, .secret = task_.secret};
  } else if (task_.act == Act::ask_role) {
    request_ = request::Hello{};
  } else if (task_.act == Act::acquire) {
    acquire();
  } else {
    look_at(0);
  }
}

Exchange::Exchange(std::string line, Version version, const Policy& policy, Counts& counts)
    : version_(version), policy_(policy), counts_(counts), line_(std::move(line)) {
  request_ = parser_.parse(line_).request;
}

bool Exchange::may_go_on() const {
  if (done_ || !line_.empty()) return false;
  if (task_.act == Act::authenticate) return task_.yes == Say::hello;
  const bool is_last_look = looks_ && seen_.size() + 1 == task_.keys.size();
  const bool only_looks = task_.act == Act::look || task_.act == Act::look_own;
  return looks_ ? !(only_looks && is_last_look) : next_target_ < targets_.size();
}

bool Exchange::on(const ReplyBody& body, std::string& out) {
  const Writer writer(out, version_);
  if (task_.act == Act::authenticate) return is_authenticated(body, writer);
  if (!line_.empty() || task_.act == Act::ask_role) {
    finish(body, out);
    return true;
  }
  const bool changed_hands =
      !looks_ && (is_error(body, ErrorCode::not_held) || is_error(body, ErrorCode::busy));
  if (std::holds_alternative<reply::Error>(body) && !changed_hands) {
    done_ = true;
    write_error(writer, std::get<reply::Error>(body));
    return true;
  }
  if (looks_) {
    note_holder(std::get<reply::Show>(body));
    if (seen_.size() < task_.keys.size()) {
      look_at(seen_.size());
      return false;
    }
    looks_ = false;
    done_ = decide();
  } else {
    if (!changed_hands) count_ += static_cast<std::int64_t>(names_.size());
    done_ = !act_on_next() && end_with(is_done_enough() ? task_.yes : task_.no);
  }
  if (done_) say(answer_, writer);
  return done_;
}

// What HELLO asks besides comes after who asks it.
bool Exchange::is_authenticated(const ReplyBody& body, const Writer& writer) {
  const auto* error = std::get_if<reply::Error>(&body);
  done_ = error != nullptr || task_.yes != Say::hello;
  if (is_error(body, ErrorCode::unauthenticated)) {
    writer.error("WRONGPASS", "invalid username-password pair or user is disabled.");
  } else if (error != nullptr) {
    write_error(writer, *error);
  } else if (done_) {
    say(task_.yes, writer);
  } else {
    task_.act = Act::ask_role;
    request_ = request::Hello{};
  }
  return done_;
}

// Each key is looked at and acted upon once, however often it was named.
void Exchange::name_once() {
  std::vector<std::string> keys;
  for (std::string& key : task_.keys) {
    const auto known = std::find(keys.begin(), keys.end(), key);
    if (known == keys.end()) {
      keys.push_back(std::move(key));
      times_.push_back(1);
    } else {
      ++times_[static_cast<std::size_t>(known - keys.begin())];
    }
  }
  task_.keys = std::move(keys);
}

void Exchange::look_at(std::size_t key) {
  looks_ = true;
  request_ = request::Show{.name = task_.keys[key], .limit = most_holders};
}

// Of several who share it, the owner; else the oldest.
void Exchange::note_holder(const reply::Show& show) {
  Seen seen;
  for (const reply::Holder& holder : show.holders) {
    const bool has_owner = holder.note.starts_with(owner_mark);
    const std::string_view owner =
        has_owner ? std::string_view(holder.note).substr(owner_mark.size()) : std::string_view();
    const bool is_own = has_owner && owner == task_.owner;
    if (seen.held() && !is_own) continue;
    seen = {holder.token, std::string(owner), has_owner, is_own, holder.expires_in};
    if (is_own) break;
  }
  seen_.push_back(std::move(seen));
}

bool Exchange::decide() {
  const auto count_if = [this](auto is) {
    return static_cast<std::size_t>(std::count_if(seen_.begin(), seen_.end(), is));
  };
  const std::size_t keys = seen_.size();
  const std::size_t held = count_if([](const Seen& seen) { return seen.held(); });
  const std::size_t own = count_if([](const Seen& seen) { return seen.is_own; });
  const Say refusal = held == 0 ? task_.missing : task_.no;
  count_ = static_cast<std::int64_t>(held);
  switch (task_.act) {
    case Act::look: return end_with(held == 0 ? task_.missing : task_.yes);
    case Act::look_own: return end_with(own == keys ? task_.yes : refusal);
    case Act::take:
      if (held == 0) {
        acquire();
        return false;
      }
      [[fallthrough]];
    case Act::extend:
    case Act::release_all:
      if (own != keys) return end_with(refusal);
      break;
    case Act::release:
      if (own == 0) return end_with(refusal);
      break;
    case Act::remove:
    case Act::expire:
      if (held == 0) return end_with(task_.missing);
      if (decide_unowned()) return true;
      break;
    case Act::authenticate:
    case Act::ask_role:
    case Act::acquire: break;
  }
  for (std::size_t i = 0; i < keys; ++i) {
    const bool is_unowned = task_.act == Act::remove || task_.act == Act::expire;
    if (is_unowned ? seen_[i].held() : seen_[i].is_own) targets_.push_back(i);
  }
  // One grant of several names is spoken of once.
  std::stable_sort(targets_.begin(), targets_.end(),
                   [this](auto a, auto b) { return seen_[a].token < seen_[b].token; });
  count_ = 0;
  return !act_on_next();
}

// Without the owner's name nobody lets another in before the holder's time. An EXPIRE that seems
// to lengthen is no exception: the owner's own may be under way, and this would shorten that.
bool Exchange::decide_unowned() {
  ++counts_.unowned;
  return !policy_.allow_unowned && end_with(Say::is_a_lock);
}

void Exchange::acquire() {
  note_ = note_of(task_.owner);
  names_.assign(task_.keys.begin(), task_.keys.end());
  request_ = request::Lock{.names = names_, .ttl = task_.ttl, .note = note_};
}

// False: none is left.
bool Exchange::act_on_next() {
  if (next_target_ == targets_.size()) return false;
  const Seen& seen = seen_[targets_[next_target_]];
  names_.clear();
  for (; next_target_ < targets_.size(); ++next_target_) {
    const std::size_t at = targets_[next_target_];
    if (seen_[at].token != seen.token) break;
    names_.push_back(task_.keys[at]);
  }
  const Milliseconds ttl = task_.ttl_is_more ? seen.left + task_.ttl : task_.ttl;
  switch (task_.act) {
    case Act::extend:
    case Act::take:
    case Act::expire: request_ = request::Renew{names_.front(), seen.token, ttl}; return true;
    case Act::remove:
      request_ = request::Break{names_.front(), seen.token, "deleted by a Redis client"};
      return true;
    case Act::release:
    case Act::release_all: request_ = request::Unlock{names_, seen.token}; return true;
    case Act::authenticate:
    case Act::ask_role:
    case Act::look:
    case Act::look_own:
    case Act::acquire: break;
  }
  return false;
}

// A release is done if any key was the owner's still; what takes or keeps needs all of them.
bool Exchange::is_done_enough() const {
  const bool needs_all = task_.act == Act::acquire || task_.act == Act::take ||
                         task_.act == Act::extend || task_.act == Act::release_all;
  return needs_all ? count_ == static_cast<std::int64_t>(task_.keys.size()) : count_ > 0;
}

bool Exchange::end_with(Say say) {
  answer_ = say;
  return true;
}

void Exchange::finish(const ReplyBody& body, std::string& out) {
  done_ = true;
  const Writer writer(out, version_);
  if (const auto* hello = std::get_if<reply::Hello>(&body); hello != nullptr && line_.empty()) {
    if (task_.yes == Say::info) {
      write_info(writer, *hello, counts_);
    } else if (task_.yes == Say::role) {
      write_role(writer, *hello);
    } else {
      write_hello(writer, *hello, version_);
    }
  } else {
    write_own(writer, body);
  }
}

void Exchange::say(Say what, const Writer& writer) const {
  switch (what) {
    case Say::zero: return writer.integer(0);
    case Say::one: return writer.integer(1);
    case Say::two: return writer.integer(2);
    case Say::minus_one: return writer.integer(-1);
    case Say::minus_two: return writer.integer(-2);
    case Say::ok: return writer.simple("OK");
    case Say::nil: return writer.null();
    case Say::count: return writer.integer(count());
    case Say::value: return say_value(writer);
    case Say::milliseconds: return writer.integer(least_left().count());
    case Say::seconds: return writer.integer((least_left().count() + 500) / 1'000);
    case Say::token: return writer.integer(static_cast<std::int64_t>(seen_.front().token.value));
    case Say::value_and_milliseconds:
      writer.array(2);
      say_value(writer);
      return writer.integer(seen_.front().held() ? least_left().count() : -2);
    case Say::is_taken:
      return writer.error("ERR",
                          "key is a lock that is taken: a SET takes it from nobody (NX asks for "
                          "nil instead, IFEQ value is its owner's)");
    case Say::is_a_lock:
      return writer.error("ERR",
                          "key is a lock: only its owner may change it (DELEX key IFEQ value, SET "
                          "key value IFEQ value PX ms), unless resp.allow_unowned is set");
    case Say::not_owner: return writer.error("ERR", "the lock is not owned by this value");
    case Say::hello:
    case Say::info:
    case Say::role: break;  // they answer another reply
  }
}

// A lock that no Redis client made has no owner's name: its token stands for it, as no value
// compares equal to.
void Exchange::say_value(const Writer& writer) const {
  const Seen& seen = seen_.front();
  if (!seen.held()) return writer.null();
  writer.bulk(seen.has_owner ? seen.owner : "token=" + std::to_string(seen.token.value));
}

// EXISTS and a script that extends count a key as often as it was named, as in Redis; what is
// deleted is gone by the second time.
std::int64_t Exchange::count() const {
  if (task_.act != Act::look && task_.act != Act::extend) return count_;
  std::int64_t count = 0;
  for (std::size_t i = 0; i < seen_.size(); ++i) count += seen_[i].held() ? times_[i] : 0;
  return count;
}

Milliseconds Exchange::least_left() const {
  Milliseconds least = Milliseconds::max();
  for (const Seen& seen : seen_) {
    if (seen.held()) least = std::min(least, seen.left);
  }
  return least;
}

}  // namespace pawl::wire::resp
