// SPDX-License-Identifier: Apache-2.0
//
// What the tests of lines share: parse one, look inside, walk every view of a request.
#pragma once

#include <catch2/catch.hpp>
#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

#include "base/overloaded.hpp"
#include "wire/request.hpp"

namespace pawl::wire {

// One parsed line with the text its views need.
struct Parsed {
  explicit Parsed(std::string_view from) : text(from), line(parser.parse(text)) {}
  Parsed(const Parsed&) = delete;
  Parsed& operator=(const Parsed&) = delete;

  template <class Request>
  const Request& as() const {
    INFO(text);
    if (const auto* bad = std::get_if<request::Malformed>(&line.request)) INFO(bad->message);
    REQUIRE(line.kind == LineKind::request);
    REQUIRE(std::holds_alternative<Request>(line.request));
    return std::get<Request>(line.request);
  }
  bool is_malformed() const { return std::holds_alternative<request::Malformed>(line.request); }

  std::string text;
  RequestParser parser;
  Line line;
};

inline std::string refusal_of(std::string_view text, ErrorCode code = ErrorCode::bad_request) {
  const Parsed parsed(text);
  const auto& malformed = parsed.as<request::Malformed>();
  CHECK(malformed.code == code);
  CHECK_FALSE(malformed.message.empty());
  return std::string(malformed.message);
}

// Calls `look` with every text a request holds.
template <class Look>
void for_each_view(const Request& request, Look look) {
  const auto all = [&look](Names names) {
    for (const std::string_view name : names) look(name);
  };
  std::visit(Overloaded{
                 [&](const request::Malformed& r) { look(r.message); },
                 [&](const request::Open& r) { look(r.name), look(r.id), look(r.secret); },
                 [&](const request::Resume& r) { look(r.secret); },
                 [&](const request::KeepAlive& r) { all(r.secrets); },
                 [&](const request::Lock& r) { all(r.names), look(r.id), look(r.note); },
                 [&](const request::Unlock& r) { all(r.names); },
                 [&](const request::Renew& r) { look(r.name); },
                 [&](const request::Verify& r) { look(r.name); },
                 [&](const request::Cancel& r) { look(r.name), look(r.id); },
                 [&](const request::Show& r) { look(r.name); },
                 [&](const request::List& r) { look(r.prefix), look(r.after); },
                 [&](const request::Watch& r) { look(r.prefix); },
                 [&](const request::Unwatch& r) { look(r.prefix); },
                 [&](const request::Break& r) { look(r.name), look(r.reason); },
                 [&](const request::Slots& r) { look(r.name); },
                 [](const auto&) {},
             },
             request);
}

}  // namespace pawl::wire
