// SPDX-License-Identifier: Apache-2.0
#include "client/reply_line.hpp"

#include <catch2/catch.hpp>
#include <random>

#include "wire/reply.hpp"

namespace pawl::client {
namespace {

using Kind = ReplyLine::Kind;

ReplyLine parsed(std::string_view line) {
  INFO(line);
  const auto reply = parse_reply_line(line);
  REQUIRE(reply);
  return *reply;
}

ReplyLine read_back(const ReplyBody& body, std::string_view tag = "t1") {
  std::string line;
  wire::format_reply(line, tag, body);
  REQUIRE(line.ends_with('\n'));
  line.pop_back();
  ReplyLine reply = parsed(line);
  CHECK(reply.tag == tag);
  return reply;
}

ReplyLine read_back_event(const EventBody& body) {
  std::string line;
  wire::format_event(line, body);
  line.pop_back();
  return parsed(line);
}

TEST_CASE("an OK that says one word or nothing is read") {
  CHECK(read_back(reply::Done{}, "").word.empty());
  CHECK(read_back(reply::Done{}).kind == Kind::ok);
  CHECK(read_back(reply::Pong{}).word == "pong");
  CHECK(read_back(reply::Bye{}).word == "bye");
}

TEST_CASE("what the server says of itself is read") {
  const ReplyLine hello = read_back(reply::Hello{"n1", Role::standby, Epoch{7}});
  CHECK(hello.field("node") == "n1");
  CHECK(hello.field("role") == "standby");
  CHECK(hello.number("epoch") == 7);
  CHECK(read_back(reply::Help{}).field("commands")->find("LOCK name") != std::string::npos);
}

TEST_CASE("what the server says of a session is read") {
  const reply::Opened opened{"5ec4e7", SessionId{17}, Milliseconds{10'000}, false};
  CHECK(read_back(opened).field("session") == "5ec4e7");
  CHECK(read_back(opened).field("handle") == "s17");
  CHECK(read_back(opened).field("new") == "no");
  CHECK(read_back(reply::Resumed{"5ec4e7", SessionId{17}, Milliseconds{9}}).number("ttl") == 9);
  CHECK(read_back(reply::KeptAlive{Milliseconds{10}, 0}).field("expired") == std::nullopt);
  CHECK(read_back(reply::KeptAlive{Milliseconds{10}, 2}).number("expired") == 2);
  CHECK(read_back(reply::Closed{3}).number("released") == 3);
}

TEST_CASE("a grant, a renewal and a cancellation are read") {
  const ReplyLine grant = read_back(reply::Granted{last_token, Milliseconds{30'000}});
  CHECK(grant.number("token") == last_token.value);
  CHECK(grant.number("ttl") == 30'000);
  CHECK(read_back(reply::Lasting{Milliseconds{5}}).number("ttl") == 5);
  CHECK(read_back(reply::Cancelled{true, {}, {}}).field("cancelled") == "yes");
  const ReplyLine mine = read_back(reply::Cancelled{false, Token{4}, Milliseconds{6}});
  CHECK(mine.field("cancelled") == "no");
  CHECK(mine.number("token") == 4);
  CHECK(mine.number("ttl") == 6);
}

TEST_CASE("JSON is handed on as it came") {
  const reply::Show show{"a b", {}, {}, 0, {}};
  CHECK(read_back(show).json.starts_with("{\"name\":\"a b\""));
  CHECK(read_back(reply::List{}).json.starts_with("{\"locks\":"));
  CHECK(read_back(reply::Sessions{}).json.starts_with("{\"sessions\":"));
  CHECK(read_back(reply::Status{}, "").json.starts_with("{\"node\":"));
}

TEST_CASE("an error is read with its code, its numbers and its message") {
  const reply::Error busy{.code = ErrorCode::busy,
                          .message = {},
                          .limit = {},
                          .waiters = 3,
                          .expires_in = Milliseconds{250},
                          .delay = {}};
  const ReplyLine reply = read_back(busy);
  CHECK(reply.kind == Kind::error);
  CHECK(reply.word == "BUSY");
  CHECK(reply.number("waiters") == 3);
  CHECK(refusal_of(reply).code == "BUSY");
  CHECK(refusal_of(reply).message == "waiters=3 expires_in=250");

  const reply::Error limit{.code = ErrorCode::limit, .message = "used \"up\"", .limit = "memory"};
  CHECK(read_back(limit).field("limit") == "memory");
  CHECK(refusal_of(read_back(limit)).message == "used \"up\"");
}

TEST_CASE("every error code is read back, and one that this client does not know too") {
  for (int code = 0; code <= static_cast<int>(ErrorCode::internal); ++code) {
    const reply::Error error{.code = static_cast<ErrorCode>(code)};
    CHECK(refusal_of(read_back(error)).code == to_string(error.code));
    CHECK(refusal_of(read_back(error)).message.empty());
  }
  CHECK(refusal_of(parsed("ERR NEWER_CODE_2 a=1")).code == "NEWER_CODE_2");
}

TEST_CASE("a LOST event is read") {
  const ReplyLine lock =
      read_back_event(event::LostLock{"jobs/é", Token{42}, LossReason::max_hold});
  CHECK(lock.kind == Kind::event);
  CHECK(lock.word == "LOST");
  CHECK(lock.field("name") == "jobs/é");
  CHECK(lock.number("token") == 42);
  CHECK(lock.field("reason") == "max_hold");
  const ReplyLine session = read_back_event(event::LostSession{SessionId{17}, 3});
  CHECK(session.field("session") == "s17");
  CHECK(session.number("locks") == 3);
}

TEST_CASE("an event of a watch is read") {
  using Watched = event::Watched;
  const ReplyLine broken = read_back_event(
      Watched{"jobs/é", Token{42}, Watched::Kind::broken, "host \"web-3\"\nis gone"});
  CHECK(broken.kind == Kind::event);
  CHECK(broken.word == "BROKEN");
  CHECK(broken.field("name") == "jobs/é");
  CHECK(broken.number("token") == 42);
  CHECK(broken.field("reason") == "host \"web-3\"\nis gone");
  CHECK(read_back_event(Watched{"a", Token{1}, Watched::Kind::expired, "ttl"}).field("reason") ==
        "ttl");
}

TEST_CASE("whatever a message says, it is read as it was written") {
  constexpr std::uint64_t seed = 7296;
  std::mt19937_64 random(seed);
  const std::vector<std::string> pieces = {"\"", "\\", "\n", "\r", "\t",       " ",        "a",
                                           "=",  "é",  "鎖", "🔒",  "\xC2\x85", "msg=\"x\""};
  for (int round = 0; round < 3'000; ++round) {
    std::string message = "m";
    for (std::size_t n = random() % 24; n > 0; --n) message += pieces[random() % pieces.size()];
    INFO("seed " << seed);
    const reply::Error error{.code = ErrorCode::internal, .message = message};
    REQUIRE(refusal_of(read_back(error)).message == message);
  }
}

TEST_CASE("what is no reply is told") {
  const std::string line =
      GENERATE("", " ", "ok", "OKAY", "+OK", "ERR", "ERR busy", "ERR msg=x", "EVENT", "EVENT a=1",
               "#t1", "#", "# OK", "#t/1 OK", "#t1 EVENT LOST name=a", "OK pong pong", "OK =1",
               "OK a=\"x", "OK a=x\"y", "OK a=\"x\"y", "OK a=\"\\q\"", "OK {", "OK pong {}",
               "HTTP/1.1 400 Bad Request", "OK \xFF", "220 mail ESMTP");
  INFO(line);
  CHECK_FALSE(parse_reply_line(line));
}

TEST_CASE("a line cut anywhere, or with a byte changed, never reads beyond itself") {
  constexpr std::uint64_t seed = 7297;
  std::mt19937_64 random(seed);
  const std::string whole = R"(#t1 ERR LIMIT limit=waiters waiters=3 msg="a \"b\" \x41 \n é")";
  std::size_t read = 0;
  for (std::size_t length = 0; length <= whole.size(); ++length) {
    for (int round = 0; round < 50; ++round) {
      std::string line = whole.substr(0, length);
      if (!line.empty() && round > 0) {
        line[random() % line.size()] = static_cast<char>(random() % 256);
      }
      const auto reply = parse_reply_line(line);
      if (!reply) continue;
      ++read;
      for (const auto& [key, value] : reply->fields) {
        REQUIRE(key.size() + value.size() <= line.size());
      }
    }
  }
  CHECK(read > 100);
}

TEST_CASE("a number that is none, or is too large, is not there") {
  CHECK_FALSE(parsed("OK ttl=").number("ttl"));
  CHECK_FALSE(parsed("OK ttl=-1").number("ttl"));
  CHECK_FALSE(parsed("OK ttl=99999999999999999999").number("ttl"));
  CHECK_FALSE(parsed("OK").number("ttl"));
}

}  // namespace
}  // namespace pawl::client
