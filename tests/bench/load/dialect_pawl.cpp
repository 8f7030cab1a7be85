// SPDX-License-Identifier: Apache-2.0
//
// pawl's own line protocol, and the echo that carries the same requests.

#include "load/dialect.hpp"
#include "load/text.hpp"

namespace pawl::bench {
namespace {

void append_ttl(std::string& out, std::chrono::milliseconds ttl) {
  out += " ttl=";
  if (ttl.count() % 1'000 == 0) {
    append_number(out, static_cast<std::uint64_t>(ttl.count() / 1'000));
    out += 's';
  } else {
    append_number(out, static_cast<std::uint64_t>(ttl.count()));
    out += "ms";
  }
}

void append_with_token(std::string& out, std::string_view verb, const Request& request) {
  out += verb;
  out += request.name;
  out += " token=";
  append_number(out, request.token);
}

void append_line(std::string& out, const Request& request) {
  switch (request.op) {
    case Op::acquire:
    case Op::await:
      out += "LOCK ";
      out += request.name;
      append_ttl(out, request.ttl);
      if (request.op == Op::await) out += " wait=forever";
      break;
    case Op::release: append_with_token(out, "UNLOCK ", request); break;
    case Op::renew: append_with_token(out, "RENEW ", request); break;
    case Op::open:
      out += "OPEN id=";
      out += request.name;
      append_ttl(out, request.ttl);
      break;
    case Op::keep_alive:
      out += "KEEPALIVE ";
      out += request.name;
      break;
    case Op::ping: out += "PING"; break;
    case Op::count: out += "STATUS"; break;
  }
  out += '\n';
}

class Pawl final : public Dialect {
 public:
  void append(std::string& out, const Request& request) const override {
    append_line(out, request);
  }

  std::optional<Reply> read(std::string_view bytes, const Request& asked) const override {
    const auto line = first_line(bytes);
    if (!line) return std::nullopt;
    Reply reply{line->size()};
    switch (asked.op) {
      case Op::acquire:
      case Op::await: take(reply, *line, "OK token="); break;
      case Op::release: reply.right = *line == "OK\n"; break;
      case Op::renew:
      case Op::keep_alive: reply.right = line->starts_with("OK ttl="); break;
      case Op::open: reply.right = line->starts_with("OK session="); break;
      case Op::ping: reply.right = *line == "OK pong\n"; break;
      case Op::count: take(reply, *line, "\"locks\":"); break;
    }
    return reply;
  }

 private:
  static void take(Reply& reply, std::string_view line, std::string_view before) {
    const auto number = number_after(line, before);
    reply.right = number.has_value() && line.starts_with("OK ");
    reply.value = number.value_or(0);
  }
};

class Echo final : public Dialect {
 public:
  void append(std::string& out, const Request& request) const override {
    append_line(out, request);
  }

  std::optional<Reply> read(std::string_view bytes, const Request& asked) const override {
    const auto line = first_line(bytes);
    if (!line) return std::nullopt;
    expected_.clear();
    append_line(expected_, asked);
    return Reply{line->size(), *line == expected_, asked.token};
  }

 private:
  mutable std::string expected_;
};

}  // namespace

std::unique_ptr<Dialect> pawl_dialect() { return std::make_unique<Pawl>(); }

std::unique_ptr<Dialect> echo_dialect() { return std::make_unique<Echo>(); }

}  // namespace pawl::bench
