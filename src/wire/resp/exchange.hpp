// SPDX-License-Identifier: Apache-2.0
//
// One command's way through the node: the requests it takes, one after another, and the answer. A
// holder is looked at first and then named by its token, which no other grant ever has: whatever
// happens in between, nobody else's lock is touched. Owns its texts; it must not be moved.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/reply.hpp"
#include "base/request.hpp"
#include "wire/request.hpp"
#include "wire/resp/task.hpp"
#include "wire/resp/write.hpp"

namespace pawl::wire::resp {

// The note of a lock whose owner is this.
[[nodiscard]] std::string note_of(std::string_view owner);

class Exchange {
 public:
  // `policy` and `counts` outlive it.
  Exchange(Task task, Version version, const Policy& policy, Counts& counts);
  // A line of pawl's own protocol.
  Exchange(std::string line, Version version, const Policy& policy, Counts& counts);
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  // To be stepped; null once it is answered.
  [[nodiscard]] Request* request() { return done_ ? nullptr : &request_; }
  // May one more follow? Then nothing else of the connection is stepped before the answer.
  [[nodiscard]] bool may_go_on() const;

  // The node's answer. True: the command is answered in `out`; else request() is the next one.
  [[nodiscard]] bool on(const ReplyBody& body, std::string& out);

 private:
  struct Seen {  // of one key: the holder that matters
    Token token;
    std::string owner;
    bool has_owner = false;
    bool is_own = false;
    Milliseconds left{0};

    [[nodiscard]] bool held() const { return token.value != 0; }
  };

  [[nodiscard]] bool is_authenticated(const ReplyBody& body, const Writer& writer);
  void name_once();
  void look_at(std::size_t key);
  void note_holder(const reply::Show& show);
  // True: nothing is left to be done, and `answer_` says what to say.
  [[nodiscard]] bool decide();
  [[nodiscard]] bool decide_unowned();
  void acquire();
  [[nodiscard]] bool act_on_next();
  [[nodiscard]] bool is_done_enough() const;
  [[nodiscard]] bool end_with(Say say);
  void finish(const ReplyBody& body, std::string& out);

  void say(Say what, const Writer& writer) const;
  void say_value(const Writer& writer) const;
  [[nodiscard]] Milliseconds least_left() const;
  [[nodiscard]] std::int64_t count() const;

  Task task_;
  Version version_;
  const Policy& policy_;
  Counts& counts_;
  std::string line_;  // not empty: pawl's own words, and no task
  RequestParser parser_;
  std::string note_;
  std::vector<std::string_view> names_;

  Request request_;
  std::vector<std::int64_t> times_;  // each key was named
  std::vector<Seen> seen_;
  std::vector<std::size_t> targets_;  // keys to act on
  std::size_t next_target_ = 0;
  std::int64_t count_ = 0;
  Say answer_ = Say::zero;
  bool looks_ = false;
  bool done_ = false;
};

}  // namespace pawl::wire::resp
