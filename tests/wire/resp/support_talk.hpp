// SPDX-License-Identifier: Apache-2.0
//
// A Redis client and an Interpreter, with the test in the node's place.
#pragma once

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "wire/resp/interpreter.hpp"

namespace pawl::wire::resp {

inline reply::Show held_with_note(std::string note, Token token = Token{9},
                                  Milliseconds left = Milliseconds{1'000}) {
  reply::Holder holder;
  holder.note = std::move(note);
  holder.token = token;
  holder.expires_in = left;
  reply::Show show;
  show.holders.push_back(std::move(holder));
  return show;
}

inline reply::Show held_by(std::string_view owner, Token token,
                           Milliseconds left = Milliseconds{1'000}) {
  return held_with_note(note_of(owner), token, left);
}

struct Talk {
  explicit Talk(Policy policy = {}) : interpreter(policy) {}

  // The answer, if it needs no node.
  std::string ask(const std::vector<std::string_view>& words) {
    std::string out;
    exchange = interpreter.interpret(words, speaker, out);
    CHECK((exchange == nullptr) == !out.empty());
    return out;
  }
  template <class Wanted>
  const Wanted& asks(const std::vector<std::string_view>& words) {
    const std::string answer = ask(words);
    INFO(answer);
    REQUIRE(exchange != nullptr);
    return next<Wanted>();
  }
  template <class Wanted>
  const Wanted& next() {
    REQUIRE(exchange->request() != nullptr);
    REQUIRE(std::holds_alternative<Wanted>(*exchange->request()));
    return std::get<Wanted>(*exchange->request());
  }
  // The answer to the client; empty: there is another request to the node.
  std::string hears(const ReplyBody& body) {
    REQUIRE(exchange != nullptr);
    std::string out;
    const bool done = exchange->on(body, out);
    CHECK(done == !out.empty());
    CHECK(done == (exchange->request() == nullptr));
    return out;
  }

  Interpreter interpreter;
  Speaker speaker;
  std::unique_ptr<Exchange> exchange;
};

}  // namespace pawl::wire::resp
