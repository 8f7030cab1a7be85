// SPDX-License-Identifier: Apache-2.0
//
// The model that the real lock table is held against: what each record does, said once more as
// plainly as can be.
#pragma once

#include <string>

#include "naive_moves.hpp"

namespace pawl::locks {

class NaiveTable : public NaiveMoves {
 public:
  ToldAnswer apply(Epoch epoch, const Record& record) {
    epoch_ = epoch;
    changes.clear();
    return std::visit([this](const auto& one) { return on(one); }, record);
  }

 private:
  ToldAnswer on(const record::EpochStart& r) {
    last_token = std::max(last_token, r.token_floor.value);
    for (auto next = acquisitions.begin(); next != acquisitions.end();) {
      const auto& [at, one] = *next++;
      if (holds(at)) continue;
      one.id.empty() ? remove(at, WaitEnd::epoch) : unclaim(at);
    }
    std::erase_if(locks, [](auto& one) { return !one.second.holder && one.second.queue.empty(); });
    return {};
  }
  ToldAnswer on(const record::OpenSession& r) {
    for (const auto& [id, session] : sessions) {
      if (!session.dead && session.secret == r.secret) return {Verdict::attached, 0, id};
    }
    sessions[++last_session].secret = r.secret;
    changes.push_back({"opened", static_cast<Stamp>(last_session)});
    return {Verdict::opened, 0, last_session};
  }
  ToldAnswer on(const record::CloseSession& r) {
    if (!lives(r.session.value)) return {Verdict::session_expired};
    std::uint64_t released = sessions.at(r.session.value).holds.size();
    end_session(r.session.value, SessionEnd::closed);
    return {Verdict::closed, 0, released};
  }
  ToldAnswer on(const record::ExpireSession& r) {
    if (r.decided_in == epoch_ && lives(r.session.value)) end_session(r.session.value, r.reason);
    return {};
  }
  ToldAnswer on(const record::Sweep& r) {
    if (sessions.contains(r.session.value) && !lives(r.session.value)) sweep(r.session.value);
    return {};
  }
  ToldAnswer on(const record::Lock& r) {
    std::uint64_t session = r.session.value;
    if (session != 0 && !lives(session)) return {Verdict::session_expired};
    std::string name{r.names.front()};
    grant_next(name);
    if (!r.id.empty() && is_spent.contains(spent_id(r, name))) return {Verdict::spent};
    if (Stamp at = find_id(r, name); at != 0) return lock_again(r, at);
    bool is_free = !locks.contains(name) || locks[name].holder == 0;
    if (!is_free && !r.wait) return {Verdict::busy};
    Stamp at = r.stamp_ms;
    acquisitions[at] = {name,     std::string{r.user}, std::string{r.id}, session, 0, r.mode,
                        r.ttl_ms, Stage::waiting};
    locks[name].queue.push_back(at);
    is_free ? grant(at, "granted") : claim(at);
    return {is_free ? Verdict::granted : Verdict::queued, at, acquisitions.at(at).number};
  }
  ToldAnswer lock_again(const record::Lock& r, Stamp at) {
    Acquisition& one = acquisitions.at(at);
    if (one.name != r.names.front() || one.mode != r.mode) return {Verdict::mismatch};
    if (!holds(at) && !r.wait) return {Verdict::busy};
    if (r.ttl_given) one.ttl_ms = r.ttl_ms;
    holds(at) ? changes.push_back({"renewed", at}) : claim(at);
    grant_next(one.name);
    return {holds(at) ? Verdict::granted : Verdict::queued, at, one.number};
  }
  ToldAnswer on(const record::Unlock& r) {
    Stamp at = holder(r.names.front(), r.token);
    if (at == 0) return {Verdict::not_held};
    std::uint64_t session = acquisitions.at(at).session;
    if (session != 0 && session != r.session.value) return {Verdict::no_session};
    end(at, HoldEnd::unlocked);
    return {Verdict::done};
  }
  ToldAnswer on(const record::RenewTtl& r) {
    Stamp at = holder(r.hold.name, r.hold.token);
    if (at == 0 || acquisitions.at(at).session != 0) return {Verdict::not_held};
    if (r.ttl_ms != 0) acquisitions.at(at).ttl_ms = r.ttl_ms;
    changes.push_back({"renewed", at});
    return {Verdict::done, at, r.hold.token.value};
  }
  ToldAnswer on(const record::ExpireLeases& r) {
    for (const HoldName& hold : r.holds) {
      if (r.decided_in != epoch_) break;
      Stamp at = holder(hold.name, hold.token);
      if (at != 0 && acquisitions.at(at).session == 0) end(at, HoldEnd::expired);
    }
    return {};
  }
  ToldAnswer on(const record::EndWaits& r) {
    for (ClaimNumber number : r.waits) {
      if (Stamp at = wait(r.decided_in, number); at != 0) end(at, r.reason);
    }
    return {};
  }
  ToldAnswer on(const record::Unclaim& r) {
    for (ClaimNumber number : r.waits) {
      Stamp at = wait(r.decided_in, number);
      if (at != 0 && acquisitions.at(at).stage == Stage::waiting) unclaim(at);
    }
    return {};
  }
  ToldAnswer on(const record::Cancel& r) {
    if (r.session.value != 0 && !lives(r.session.value)) return {Verdict::session_expired};
    grant_next(r.name);
    if (Stamp at = find_id(r, r.name); at != 0) {
      if (acquisitions.at(at).name != r.name) return {Verdict::mismatch};
      if (holds(at)) return {Verdict::yours, at, acquisitions.at(at).number};
      end(at, WaitEnd::cancelled);
    }
    SpentId id = spent_id(r, r.name);
    if (!is_spent.insert(id).second) std::erase(spent, id);
    spent.push_back(id);
    if (spent.size() > 65'536) {
      is_spent.erase(spent.front());
      spent.pop_front();
    }
    return {Verdict::cancelled};
  }
  ToldAnswer on(const record::Break& r) {
    Stamp at = holder(r.hold.name, r.hold.token);
    if (at == 0) return {Verdict::not_held};
    end(at, HoldEnd::broken);
    return {Verdict::done};
  }
};

}  // namespace pawl::locks
