// SPDX-License-Identifier: Apache-2.0
//
// What clients asked and were told, with times on the one true clock: when a request left the
// client, when the node took it up, when the node's answer left it, when the client had it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/moment.hpp"
#include "base/request.hpp"
#include "pawl/error.hpp"
#include "pawl/types.hpp"

namespace pawl::simulation {

enum class Verb : std::uint8_t {
  open,
  resume,
  keep_alive,
  close,
  lock,
  unlock,
  renew,
  verify,
  cancel,
  show,
  list,
  break_lock,
  events,
  ping,
  quit,
  handover,
};

// A request with texts of its own; the node sees views of them during its step only.
struct Ask {
  Verb verb = Verb::ping;
  std::string name;
  std::string id;      // LOCK, CANCEL, OPEN
  std::string secret;  // OPEN without id, RESUME, KEEPALIVE of a named session
  Token token;
  std::optional<Milliseconds> ttl;
  Milliseconds wait{0};
  OnDisconnect on_disconnect = OnDisconnect::keep;
  bool tagged = false;
  std::vector<std::string> more;  // names of LOCK and UNLOCK besides the first
  Mode mode = Mode::exclusive;
  std::uint32_t slots = 0;
  Milliseconds delay{0};
  Milliseconds max_hold{0};  // 0: none
  bool deadlock = true;      // OPEN

  template <class Visit>
  void each_name(Visit visit) const {
    visit(name);
    for (const std::string& one : more) visit(one);
  }
  [[nodiscard]] bool names(std::string_view wanted) const {
    return name == wanted || std::find(more.begin(), more.end(), wanted) != more.end();
  }
};

struct Outcome {
  std::optional<ErrorCode> error;
  Token token;
  std::optional<Milliseconds> ttl;
  SessionId session;
  std::string secret;
  bool cancelled = false;
  std::string primary;  // NOT_PRIMARY: its address, if known
};

struct Operation {
  std::uint64_t number = 0;
  std::uint32_t client = 0;
  std::uint32_t link = 0;
  Ask ask;
  Moment invoked;
  Moment begun = never;     // the node's first step of it
  Moment stepped = never;   // its last
  Moment answered = never;  // the node's reply
  Moment returned = never;  // the client has the reply
  SessionId scope;          // the session its connection was attached to when stepped
  Token floor;              // the greatest token anybody had been told when it was invoked
  Outcome outcome;

  [[nodiscard]] bool is_ok() const { return answered != never && !outcome.error; }
};

class History {
 public:
  Operation& add(std::uint32_t client, std::uint32_t link, Ask ask, Moment now) {
    Operation& operation = operations_.emplace_back();
    operation.number = operations_.size();
    operation.client = client;
    operation.link = link;
    operation.ask = std::move(ask);
    operation.invoked = now;
    return operation;
  }
  [[nodiscard]] Operation& operator[](std::uint64_t number) { return operations_[number - 1]; }
  [[nodiscard]] const Operation& operator[](std::uint64_t number) const {
    return operations_[number - 1];
  }
  [[nodiscard]] std::uint64_t size() const { return operations_.size(); }

  // Two runs of one seed must fold to the same number.
  void fold(std::uint64_t value) { hash_ = (hash_ ^ value) * 0x100'0000'01B3u; }
  [[nodiscard]] std::uint64_t hash() const { return hash_; }

 private:
  std::deque<Operation> operations_;
  std::uint64_t hash_ = 0xCBF2'9CE4'8422'2325u;
};

}  // namespace pawl::simulation
