// SPDX-License-Identifier: Apache-2.0
//
// hiredis, the C client, against a real pawld: hiredis_client PORT
#include <hiredis/hiredis.h>

#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>

namespace {

struct Freed {
  void operator()(redisContext* context) const { redisFree(context); }
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
using Context = std::unique_ptr<redisContext, Freed>;
using Answer = std::unique_ptr<redisReply, Freed>;

template <class... Arguments>
Answer ask(const Context& context, const char* format, Arguments... arguments) {
  return Answer(static_cast<redisReply*>(redisCommand(context.get(), format, arguments...)));
}

void expect(bool is_so, std::string_view what) {
  if (is_so) return;
  std::cerr << "hiredis: " << what << '\n';
  std::exit(1);
}

bool says(const Answer& answer, int type, std::string_view text) {
  return answer != nullptr && answer->type == type && answer->str == text;
}
bool counts(const Answer& answer, long long number) {
  return answer != nullptr && answer->type == REDIS_REPLY_INTEGER && answer->integer == number;
}

void hold_and_release(const Context& redis) {
  const auto take = [&](const char* owner) {
    return ask(redis, "SET hr/a %s NX PX %d", owner, 60'000);
  };
  expect(says(take("me"), REDIS_REPLY_STATUS, "OK"), "a free lock is granted");
  expect(take("you")->type == REDIS_REPLY_NIL, "a lock that is held is not");
  expect(says(ask(redis, "GET hr/a"), REDIS_REPLY_STRING, "me"), "GET tells the owner");
  expect(counts(ask(redis, "DELEX hr/a IFEQ you"), 0), "a wrong owner releases nothing");
  expect(counts(ask(redis, "DELEX hr/a IFEQ me"), 1), "the owner does");
}

void pipeline(const Context& redis) {
  constexpr int commands = 1'000;
  for (int i = 0; i < commands; ++i) {
    redisAppendCommand(redis.get(), "SET hr/%d me NX PX 60000", i);
    redisAppendCommand(redis.get(), "DELIFEQ hr/%d me", i);
  }
  for (int i = 0; i < 2 * commands; ++i) {
    void* got = nullptr;
    expect(redisGetReply(redis.get(), &got) == REDIS_OK, "a pipeline is answered");
    const Answer answer(static_cast<redisReply*>(got));
    expect(i % 2 == 0 ? says(answer, REDIS_REPLY_STATUS, "OK") : counts(answer, 1), "in order");
  }
}

}  // namespace

int main(int count, char** arguments) {
  expect(count == 2, "usage: hiredis_client PORT");
  const Context redis(redisConnect("127.0.0.1", std::atoi(arguments[1])));
  expect(redis != nullptr && redis->err == 0, "connects");
  hold_and_release(redis);
  pipeline(redis);
  std::cout << "hiredis: ok\n";
}
