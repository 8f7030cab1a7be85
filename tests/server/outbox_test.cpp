// SPDX-License-Identifier: Apache-2.0
#include "server/outbox.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

using pawl::RequestNumber;
using pawl::server::Outbox;

namespace {

void answer(Outbox& outbox, RequestNumber number, const std::string& text) {
  outbox.reply(number, [&](std::string& out, std::string_view tag) {
    if (!tag.empty()) out.append("#").append(tag).append(" ");
    out += text + "\n";
  });
}

void push(Outbox& outbox, RequestNumber cause, const std::string& text) {
  outbox.event(cause, [&](std::string& out) { out += text + "\n"; });
}

std::string taken(Outbox& outbox) {
  std::string all(outbox.ready());
  outbox.consume(all.size());
  return all;
}

// The rules as one would tell them, without any fast path.
class Model {
 public:
  void begin(bool tagged) { requests_.push_back({tagged, false, false, {}, {}}); }

  void reply(RequestNumber number, const std::string& line) {
    Request& request = requests_[number - 1];
    request.answered = true;
    request.reply = line;
    if (request.tagged) emit(request);
    for (Request& earlier : requests_) {
      if (earlier.tagged || earlier.emitted) continue;
      if (!earlier.answered) break;
      emit(earlier);
    }
  }

  void event(RequestNumber cause, const std::string& line) {
    if (cause == 0 || requests_[cause - 1].emitted) {
      text += line;
    } else {
      requests_[cause - 1].events += line;
    }
  }

  std::string text;

 private:
  struct Request {
    bool tagged, answered, emitted;
    std::string reply, events;
  };

  void emit(Request& request) {
    request.emitted = true;
    text += request.reply + request.events;
  }

  std::vector<Request> requests_;
};

struct Act {
  enum Kind { begin, reply, event } kind;
  RequestNumber number;
};

void compare(const std::vector<Act>& acts, unsigned tagged, std::size_t written_at_once) {
  Outbox outbox;
  Model model;
  std::string text;
  int event = 0;
  for (const Act& act : acts) {
    const std::string number = std::to_string(act.number);
    const bool has_tag = act.number != 0 && ((tagged >> (act.number - 1)) & 1) != 0;
    const std::string tag = has_tag ? "t" + number : "";
    if (act.kind == Act::begin) {
      static_cast<void>(outbox.begin(act.number, tag));
      model.begin(has_tag);
    } else if (act.kind == Act::reply) {
      answer(outbox, act.number, "OK " + number);
      model.reply(act.number, (has_tag ? "#" + tag + " OK " : "OK ") + number + "\n");
    } else {
      const std::string line = "EVENT " + std::to_string(++event) + " of " + number;
      push(outbox, act.number, line);
      model.event(act.number, line + "\n");
    }
    const std::size_t written = std::min(written_at_once, outbox.ready_bytes());
    text += outbox.ready().substr(0, written);
    outbox.consume(written);
  }
  text += outbox.ready();
  if (text != model.text) {
    CAPTURE(tagged, acts.size());
    REQUIRE(text == model.text);
  }
  if (!outbox.settled() || outbox.held_bytes() != 0 || outbox.pipelined() != 0) {
    REQUIRE(outbox.settled());
    REQUIRE(outbox.held_bytes() == 0);
    REQUIRE(outbox.pipelined() == 0);
  }
}

// Every order in which so many requests and events can happen.
class Interleavings {
 public:
  Interleavings(RequestNumber requests, int events, unsigned tagged)
      : requests_(requests), events_left_(events), tagged_(tagged) {}

  void all() {
    if (begun_ == requests_ && answered_ == requests_ && events_left_ == 0) {
      compare(acts_, tagged_, count_ % 9);
      ++count_;
      return;
    }
    if (begun_ < requests_) {
      ++begun_;
      then({Act::begin, begun_});
      --begun_;
    }
    for (RequestNumber number = 1; number <= begun_; ++number) {
      if (((answered_set_ >> number) & 1) != 0) continue;
      answered_set_ ^= 1U << number;
      ++answered_;
      then({Act::reply, number});
      --answered_;
      answered_set_ ^= 1U << number;
    }
    if (events_left_ == 0) return;
    --events_left_;
    for (RequestNumber cause = 0; cause <= begun_; ++cause) then({Act::event, cause});
    ++events_left_;
  }

  [[nodiscard]] std::size_t count() const { return count_; }

 private:
  void then(Act act) {
    acts_.push_back(act);
    all();
    acts_.pop_back();
  }

  RequestNumber requests_;
  int events_left_;
  unsigned tagged_;
  std::vector<Act> acts_;
  RequestNumber begun_ = 0;
  RequestNumber answered_ = 0;
  unsigned answered_set_ = 0;
  std::size_t count_ = 0;
};

}  // namespace

TEST_CASE("every order of requests, replies and events leaves as the protocol says") {
  const auto [requests, events] = GENERATE(table<RequestNumber, int>({{4, 1}, {3, 2}}));
  for (unsigned tagged = 0; tagged < (1U << requests); ++tagged) {
    Interleavings orders(requests, events, tagged);
    orders.all();
    CHECK(orders.count() > 1'000);
  }
}

TEST_CASE("a waiting untagged request holds back the untagged replies behind it") {
  Outbox outbox;
  CHECK(outbox.begin(1, ""));
  CHECK(outbox.begin(2, ""));
  answer(outbox, 2, "OK pong");
  CHECK(outbox.ready().empty());
  CHECK(outbox.held_bytes() == 8);
  CHECK(outbox.pipelined() == 2);  // for the client both are unanswered
  answer(outbox, 1, "OK token=1");
  CHECK(outbox.pipelined() == 0);
  CHECK(taken(outbox) == "OK token=1\nOK pong\n");
  CHECK(outbox.settled());
}

TEST_CASE("a tagged reply leaves at once") {
  Outbox outbox;
  CHECK(outbox.begin(1, ""));
  CHECK(outbox.begin(2, "k"));
  answer(outbox, 2, "OK ttl=10000");
  CHECK(taken(outbox) == "#k OK ttl=10000\n");
}

TEST_CASE("a tag is free again once it has been answered, not before") {
  Outbox outbox;
  CHECK(outbox.begin(1, "a"));
  CHECK_FALSE(outbox.begin(2, "a"));
  CHECK(outbox.begin(3, "b"));
  CHECK_FALSE(outbox.begin(4, "a"));
  answer(outbox, 1, "OK");
  CHECK(outbox.begin(5, "a"));
  CHECK(taken(outbox) == "#a OK\n");
}

TEST_CASE("a tagged lock that waits does not count as pipelined") {
  Outbox outbox;
  CHECK(outbox.begin(1, "w"));
  outbox.exempt_last();
  CHECK(outbox.begin(2, ""));
  outbox.exempt_last();  // untagged: it does count
  CHECK(outbox.pipelined() == 1);
  answer(outbox, 1, "OK");
  CHECK(outbox.pipelined() == 1);
  answer(outbox, 2, "OK");
  CHECK(outbox.pipelined() == 0);
}

TEST_CASE("an event does not wait for the reply of a request that did not cause it") {
  Outbox outbox;
  CHECK(outbox.begin(1, ""));
  push(outbox, 0, "EVENT LOST");
  CHECK(taken(outbox) == "EVENT LOST\n");
}

TEST_CASE("events of a watch keep their order behind the reply to what caused one of them") {
  Outbox outbox;
  CHECK(outbox.begin(1, ""));
  CHECK(outbox.begin(2, ""));
  CHECK(outbox.begin(3, ""));
  outbox.announce(0, "EVENT a\n");
  CHECK(taken(outbox) == "EVENT a\n");
  answer(outbox, 3, "OK 3");
  outbox.announce(3, "EVENT b\n");
  answer(outbox, 2, "OK 2");
  outbox.announce(2, "EVENT c\n");
  outbox.announce(0, "EVENT d\n");
  CHECK(taken(outbox).empty());
  CHECK(outbox.held_bytes() == 34);
  answer(outbox, 1, "OK 1");
  CHECK(taken(outbox) == "OK 1\nOK 2\nOK 3\nEVENT b\nEVENT c\nEVENT d\n");
  CHECK(outbox.held_bytes() == 0);
  outbox.announce(0, "EVENT e\n");
  CHECK(taken(outbox) == "EVENT e\n");
}

TEST_CASE("an event of a watch does not wait for a request that is not answered yet") {
  Outbox outbox;
  CHECK(outbox.begin(1, ""));
  CHECK(outbox.begin(2, "w"));
  outbox.announce(1, "EVENT a\n");
  outbox.announce(2, "EVENT b\n");
  CHECK(taken(outbox) == "EVENT a\nEVENT b\n");
  answer(outbox, 1, "OK");
  answer(outbox, 2, "OK");
  CHECK(taken(outbox) == "OK\n#w OK\n");
}

TEST_CASE("a second reply to the same request is not sent") {
  Outbox outbox;
  CHECK(outbox.begin(1, ""));
  answer(outbox, 1, "OK");
  answer(outbox, 1, "OK again");
  CHECK(taken(outbox) == "OK\n");
}

TEST_CASE("order survives the wrap of request numbers") {
  Outbox outbox;
  const RequestNumber last = ~RequestNumber{0};
  CHECK(outbox.begin(last, ""));
  CHECK(outbox.begin(1, ""));
  CHECK(outbox.begin(2, ""));
  answer(outbox, 2, "OK third");
  answer(outbox, 1, "OK second");
  answer(outbox, last, "OK first");
  CHECK(taken(outbox) == "OK first\nOK second\nOK third\n");
}

TEST_CASE("thousands of held replies leave in order and leave nothing behind") {
  Outbox outbox;
  std::string expected;
  for (RequestNumber number = 1; number <= 5'000; ++number) CHECK(outbox.begin(number, ""));
  for (RequestNumber number = 5'000; number >= 1; --number) {
    answer(outbox, number, std::to_string(number));
  }
  for (int number = 1; number <= 5'000; ++number) expected += std::to_string(number) + "\n";
  CHECK(taken(outbox) == expected);
  CHECK(outbox.settled());
  CHECK(outbox.held_bytes() == 0);
}

TEST_CASE("an outbox at rest gives its storage away") {
  Outbox outbox;
  outbox.lend_storage(std::string(500, 'x'));
  CHECK_FALSE(outbox.wants_storage());
  CHECK(outbox.begin(1, ""));
  answer(outbox, 1, "OK");
  CHECK(taken(outbox) == "OK\n");
  CHECK(outbox.take_storage().capacity() >= 500);
  CHECK(outbox.wants_storage());
}
