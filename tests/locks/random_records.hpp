// SPDX-License-Identifier: Apache-2.0
//
// Draws records that collide: names, ids, tokens, claim numbers and epochs are often the right ones
// (it looks into the naive table for them) and often just wrong. Now and then one session takes
// thousands of locks and waits and ends, so that dead sessions stay to be swept.
#pragma once

#include <array>
#include <deque>
#include <random>
#include <ranges>
#include <set>
#include <string>
#include <vector>

#include "naive_table.hpp"

namespace pawl::locks {

class RandomRecords {
 public:
  struct Next {
    Epoch epoch;
    Record record;  // its texts last until the next draw
  };

  RandomRecords(std::uint64_t seed, const NaiveTable& naive) : random_(seed), naive_(naive) {}

  [[nodiscard]] Next next(std::int64_t stamp) {
    stamp_ = stamp;
    if (greedy_left_ > 0 && one_in(1.1)) return {epoch_, greedy()};
    if (one_in(8'000)) greedy_left_ = 1'000 + below(2'000);
    if (one_in(600)) {
      ++epoch_.value;
      return {epoch_, record::EpochStart{Token{one_in(2) ? 0 : naive_.last_token + below(9)}}};
    }
    return {epoch_, draw()};
  }

 private:
  static constexpr int name_count = 7;

  [[nodiscard]] std::uint64_t below(std::uint64_t end) { return random_() % end; }
  [[nodiscard]] bool one_in(double times) {
    return static_cast<double>(below(1'000'000)) * times < 1'000'000;
  }

  Record draw() {
    std::uint64_t die = below(100);
    // What a dead session left is swept by whatever touches it: soon, so decisions go first.
    if (!naive_.dead.empty() && one_in(2)) die = 59 + below(31);
    if (die < 41) return lock();
    if (die < 53) return unlock();
    if (die < 59) return record::Cancel{user(), session(), name(), some_id()};
    if (die < 65) return record::EndDelays{decided_in(), delayed()};
    if (die < 71) return record::ExpireLeases{decided_in(), holds()};
    if (die < 74) return record::TakeBack{decided_in(), holds()};
    if (die < 79) return record::EndWaits{decided_in(), static_cast<WaitEnd>(below(6)), waits()};
    if (die < 84) return record::Unclaim{decided_in(), waits()};
    if (die < 87) return record::RenewTtl{user(), hold(), one_in(4) ? 0 : ttl()};
    if (die < 88) return record::SetSlots{user(), name(), static_cast<std::uint32_t>(1 + below(5))};
    if (die < 90) return record::Break{user(), hold(), "why"};
    if (die < 94) return open();
    if (die < 95) return record::CloseSession{session()};
    if (die < 97)
      return record::ExpireSession{decided_in(), session(), static_cast<SessionEnd>(below(3))};
    return record::Sweep{one_in(3) ? session() : dead_session()};
  }

  record::OpenSession open() {
    text_[0] = "secret" + std::to_string(below(8));
    return {.user = user(),
            .secret = text_[0],
            .address = "here",
            .ttl_ms = ttl(),
            .deadlock = !one_in(5)};
  }

  record::Lock lock() {
    bool crowded = naive_.acquisitions.size() > 80;
    const NaiveTable::Acquisition* known =
        one_in(8) ? any([](auto& one) { return !one.id.empty(); }) : nullptr;
    if (known != nullptr) return again(*known);
    // A name has a mode that most use.
    Names of = names();
    Mode mode = one_in(12) ? Mode(below(3)) : Mode(static_cast<unsigned char>(of[0].back()) % 3);
    return {.user = user(),
            .session = session(),
            .names = of,
            .mode = mode,
            .slots = mode == Mode::slot ? static_cast<std::uint32_t>(one_in(9) ? 2 : 3) : 0,
            .id = id(),
            .wait = one_in(crowded ? 8 : 1.7),
            .ttl_given = one_in(2),
            .ttl_ms = ttl(),
            .delay_ms = one_in(5) ? ttl() : 0,
            .max_hold_ms = one_in(6) ? ttl() : 0,
            .note = one_in(4) ? "a note" : "",
            .address = one_in(2) ? "here" : "there",
            .stamp_ms = stamp_};
  }

  // The same LOCK with the same id, its names in any order; seldom not quite the same.
  record::Lock again(const NaiveTable::Acquisition& one) {
    text_[1] = one.user;
    text_[2] = one.id;
    said_ = one.names;
    std::ranges::shuffle(said_, random_);
    if (said_.size() > 1 && one_in(8)) said_.pop_back();
    names_.assign(said_.begin(), said_.end());
    return {.user = text_[1],
            .session = one.session,
            .names = names_,
            .mode = one.mode,
            .slots = one.slots,
            .id = text_[2],
            .wait = !one_in(6),
            .ttl_given = one_in(2),
            .ttl_ms = ttl(),
            .stamp_ms = stamp_};
  }

  // Often all that one holds, or a part of it.
  record::Unlock unlock() {
    const NaiveTable::Acquisition* one =
        one_in(2) ? any([](auto& other) { return other.holds(); }) : nullptr;
    if (one == nullptr) return {user(), session(), names(), token()};
    said_ = one_in(9) ? one->names : one->left;
    std::ranges::shuffle(said_, random_);
    if (said_.size() > 1 && one_in(2)) said_.resize(1 + below(said_.size() - 1));
    names_.assign(said_.begin(), said_.end());
    return {user(), one_in(9) ? session() : one->session, names_, Token{one->number}};
  }

  Record greedy() {
    if (greedy_left_-- == 1) {
      if (one_in(2)) return record::CloseSession{greedy_};
      return record::ExpireSession{epoch_, greedy_, static_cast<SessionEnd>(1 + below(2))};
    }
    if (!naive_.sessions.contains(greedy_)) {
      greedy_ = SessionId{naive_.last_session + 1};
      text_[0] = "greedy" + std::to_string(stamp_);
      // Who looks for deadlocks may not wait so much; to judge that plainly takes long.
      bool deadlock = one_in(4);
      if (deadlock) greedy_left_ = 2 + greedy_left_ / 8;
      always_ = one_in(2) ? std::vector<std::string>{} : (names(), said_);
      return record::OpenSession{.secret = text_[0], .deadlock = deadlock};
    }
    record::Lock record = lock();
    record.session = greedy_;
    record.wait = true;
    if (one_in(2)) {
      said_[0] = "many/" + std::to_string(below(3'000));
      names_[0] = said_[0];
    } else if (!always_.empty()) {
      names_.assign(always_.begin(), always_.end());
    }
    record.names = names_;
    if (one_in(1.2)) record.id = {};
    return record;
  }

  std::string_view user() { return one_in(3) ? "eve" : ""; }
  std::uint32_t ttl() { return static_cast<std::uint32_t>(1'000 * (1 + below(4))); }
  std::string_view name() {
    text_[1] = std::string(1, static_cast<char>('a' + below(name_count)));
    if (SessionId rich = rich_session(); rich.value != 0 && one_in(3)) {
      text_[1] = any([&](auto& one) { return one.holds() && one.session == rich; })->left.front();
    }
    return text_[1];
  }
  // Any acquisition that fits, if there is one.
  [[nodiscard]] const NaiveTable::Acquisition* any(auto fits) {
    auto all = naive_.acquisitions | std::views::filter(fits);
    auto count = static_cast<std::uint64_t>(std::ranges::distance(all));
    if (count == 0) return nullptr;
    return &*std::ranges::next(all.begin(), static_cast<std::ptrdiff_t>(below(count)));
  }
  // It holds something, and is dead and not yet swept, or about to be.
  [[nodiscard]] SessionId rich_session() const {
    auto holds = [&](SessionId id) {
      return std::ranges::any_of(naive_.acquisitions,
                                 [&](auto& one) { return one.holds() && one.session == id; });
    };
    for (const auto& [id, end] : naive_.dead) {
      if (holds(id)) return id;
    }
    return naive_.sessions.contains(greedy_) && holds(greedy_) ? greedy_ : SessionId{};
  }
  // Somebody waits for it, who will be granted once the rich session is swept, or it is just any.
  std::string_view awaited_of(SessionId rich) {
    std::set<std::string_view> held;
    for (const NaiveTable::Acquisition& one : naive_.acquisitions) {
      if (one.holds() && one.session == rich) held.insert(one.left.begin(), one.left.end());
    }
    auto is_held = [&](auto& name) { return held.contains(name); };
    auto* one = any([&](auto& w) { return !w.holds() && std::ranges::any_of(w.left, is_held); });
    if (one == nullptr) return name();
    return text_[1] = *std::ranges::find_if(one->left, is_held);
  }
  // One, or several, which are then often all of the mode that most use there.
  Names names() {
    said_ = {std::string{name()}};
    std::size_t more = one_in(2.5) ? 1 + below(3) : 0;
    char step = one_in(4) ? 1 : 3;
    for (; more > 0 && said_.front().size() == 1; --more) {
      std::string other = said_.back();
      other[0] = static_cast<char>('a' + (other[0] - 'a' + step) % name_count);
      if (std::ranges::find(said_, other) == said_.end()) said_.push_back(other);
    }
    if (one_in(2)) std::ranges::reverse(said_);
    text_[1] = said_.front();
    names_.assign(said_.begin(), said_.end());
    return names_;
  }
  // Ids are of their time, or some are cancelled once and for all; a few come late.
  std::string_view id() { return one_in(2.5) ? std::string_view{} : some_id(); }
  std::string_view some_id() {
    std::uint64_t time = static_cast<std::uint64_t>(stamp_) / 300;
    if (one_in(10)) time = below(time + 1);
    text_[2] = std::to_string(time) + "." + std::to_string(below(4));
    return text_[2];
  }
  SessionId session() {
    if (one_in(2)) return {};
    SessionId recent{naive_.last_session - std::min(naive_.last_session, below(8))};
    return greedy_left_ > 0 && recent == greedy_ && !one_in(50) ? SessionId{} : recent;
  }
  SessionId dead_session() { return naive_.dead.empty() ? session() : naive_.dead.begin()->first; }
  Epoch decided_in() { return one_in(8) ? Epoch{epoch_.value + 1 - 2 * below(2)} : epoch_; }
  // Of the name drawn last.
  Token token() {
    auto* holder = any([&](auto& one) { return one.holds() && one.has(text_[1]); });
    if (holder != nullptr && !one_in(3)) return Token{holder->number};
    return Token{naive_.last_token - std::min(naive_.last_token, below(6))};
  }
  HoldName hold() {
    std::string_view of = name();
    return {of, token()};
  }
  std::span<const HoldName> holds() {
    holds_.clear();
    held_names_.clear();
    for (std::uint64_t left = 1 + below(3); left > 0; --left) {
      Token token = hold().token;
      held_names_.push_back(text_[1]);
      holds_.push_back({held_names_.back(), token});
    }
    return holds_;
  }
  std::span<const HoldName> delayed() {
    holds_.clear();
    held_names_.clear();
    for (const NaiveTable::Delay& one : naive_.delays) {
      if (!one_in(2)) continue;
      held_names_.push_back(one.name);
      std::uint64_t token =
          one_in(9) ? naive_.last_token - below(3) % (naive_.last_token + 1) : one.token;
      holds_.push_back({held_names_.back(), Token{token}});
    }
    return one_in(9) ? holds() : holds_;
  }
  std::span<const ClaimNumber> waits() {
    waits_.clear();
    for (std::uint64_t left = 1 + below(3); left > 0; --left) {
      SessionId rich = rich_session();
      std::string_view of = rich.value != 0 && one_in(2) ? awaited_of(rich) : name();
      auto* wait = any([&](auto& one) { return !one.holds() && one.has(of); });
      bool is_right = wait != nullptr && !one_in(3);
      waits_.push_back(
          {is_right ? wait->number : naive_.last_claim - std::min(naive_.last_claim, below(8))});
    }
    return waits_;
  }

  std::mt19937_64 random_;
  const NaiveTable& naive_;
  std::int64_t stamp_ = 0;
  Epoch epoch_{1};
  SessionId greedy_;
  std::uint64_t greedy_left_ = 0;
  std::vector<std::string> always_;  // what it wants, if it does not want all sorts of things
  std::array<std::string, 3> text_;
  std::vector<std::string> said_;  // what names_ look at
  std::vector<std::string_view> names_;
  std::deque<std::string> held_names_;
  std::vector<HoldName> holds_;
  std::vector<ClaimNumber> waits_;
};

}  // namespace pawl::locks
