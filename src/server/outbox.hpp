// SPDX-License-Identifier: Apache-2.0
//
// The order of what one connection is told. Untagged replies leave in request order, a waiting one
// holds back those behind it; a tagged reply leaves at once; an event never overtakes the reply of
// the request that caused it, and those of a watch not each other either. Pure: bytes wait in
// ready() until somebody has written them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/ids.hpp"

namespace pawl::server {

class Outbox {
 public:
  Outbox() = default;
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;

  // A request was read; numbers rise. False: its tag is still in use, and nothing changed.
  [[nodiscard]] bool begin(RequestNumber number, std::string_view tag);

  // The request begun last does not count as pipelined, should it be tagged and still unanswered.
  void exempt_last();

  // `format(std::string& out, std::string_view tag)` appends whole lines, at once.
  template <class Format>
  void reply(RequestNumber number, Format&& format) {
    const Place place = place_of(number);
    if (place.out != nullptr) {
      format(*place.out, place.tag);
      settle(number);
    }
  }

  // `format(std::string& out)`. Cause 0: the server's own decision, or another connection's
  // request.
  template <class Format>
  void event(RequestNumber cause, Format&& format) {
    std::string& out = place_after(cause);
    const std::size_t before = out.size();
    format(out);
    if (&out != &ready_) held_bytes_ += out.size() - before;
  }

  // An event of a watch: behind the reply to `cause`, should that be held back, and behind every
  // event of a watch before it.
  void announce(RequestNumber cause, std::string_view line);

  [[nodiscard]] std::string_view ready() const { return std::string_view(ready_).substr(written_); }
  void consume(std::size_t bytes);

  // What waits for the client to read, or for an earlier reply.
  [[nodiscard]] std::size_t ready_bytes() const { return ready_.size() - written_; }
  [[nodiscard]] std::size_t held_bytes() const { return held_bytes_; }
  [[nodiscard]] std::size_t unread_bytes() const { return ready_bytes() + held_bytes_; }

  // Requests whose reply has not left for ready(); the exempt are left out.
  [[nodiscard]] std::uint32_t pipelined() const { return pipelined_; }

  // Every request is answered and every answer is in ready().
  [[nodiscard]] bool settled() const {
    return !last_.open && tagged_.empty() && first_held_ == untagged_.size();
  }

  // A connection at rest owns no buffer: storage is lent for a turn and taken back when empty.
  [[nodiscard]] bool wants_storage() const { return ready_.capacity() < 64; }
  void lend_storage(std::string&& storage);
  [[nodiscard]] std::string take_storage();

 private:
  struct Last {  // the request begun last: most are answered before the next one is read
    RequestNumber number = 0;
    bool open = false;
    bool counted = true;
    std::uint8_t tag_size = 0;
    char tag[32] = {};
  };
  struct Tagged {
    std::string tag;
    bool counted = true;
    std::string events;
  };
  struct Untagged {
    RequestNumber number = 0;
    bool answered = false;
    std::string text;  // the reply once answered, and the events behind it
  };
  struct Place {
    std::string* out = nullptr;  // null: no such request waits
    std::string_view tag;
  };

  Place place_of(RequestNumber number);
  void settle(RequestNumber number);
  std::string& place_after(RequestNumber cause);
  void settle_last();
  void settle_tagged(RequestNumber number);
  void settle_untagged(Untagged& entry);
  void release_answered();
  void set_last_aside();
  void push_ready(std::string& held);
  Untagged* find_untagged(RequestNumber number);

  std::string ready_;
  std::size_t written_ = 0;  // of ready_, by a write that did not take all
  std::size_t held_bytes_ = 0;
  std::uint32_t pipelined_ = 0;
  Last last_;
  std::string scratch_;  // a reply that must stand before events already held
  std::unordered_map<RequestNumber, Tagged> tagged_;
  std::unordered_set<std::string_view> tags_;  // views of the tags in tagged_
  std::vector<Untagged> untagged_;             // by number; those before first_held_ are gone
  RequestNumber announced_behind_ = 0;         // the last event of a watch that was held back
  std::size_t first_held_ = 0;                 // the oldest untagged request without a reply
};

}  // namespace pawl::server
