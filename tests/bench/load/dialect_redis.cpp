// SPDX-License-Identifier: Apache-2.0
//
// The lock as redis' own documentation builds it: SET NX PX with a value of the client's own, given
// back and renewed by a script that compares it.
#include <array>
#include <stdexcept>

#include "load/dialect.hpp"
#include "load/socket.hpp"
#include "load/text.hpp"

namespace pawl::bench {
namespace {

constexpr std::string_view delete_script =
    "if redis.call('get',KEYS[1]) == ARGV[1] then return redis.call('del',KEYS[1]) else return 0 "
    "end";
constexpr std::string_view expire_script =
    "if redis.call('get',KEYS[1]) == ARGV[1] then return redis.call('pexpire',KEYS[1],ARGV[2]) "
    "else return 0 end";

void append_bulk(std::string& out, std::string_view text) {
  out += '$';
  append_number(out, text.size());
  out += "\r\n";
  out += text;
  out += "\r\n";
}

void append_bulk(std::string& out, std::uint64_t number) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  append_bulk(out, std::string_view(digits.data(), end));
}

std::string load_script(const Socket& socket, std::string_view script) {
  std::string request = "*3\r\n$6\r\nSCRIPT\r\n$4\r\nLOAD\r\n";
  append_bulk(request, script);
  socket.send_all(request);
  if (socket.read_line() != "$40\r\n") throw std::runtime_error("redis loads no script");
  return socket.read_line().substr(0, 40);
}

class Redis final : public Dialect {
 public:
  void prepare(std::uint16_t port) override {
    const Socket socket = Socket::connect(port);
    delete_ = load_script(socket, delete_script);
    expire_ = load_script(socket, expire_script);
  }

  void append(std::string& out, const Request& request) const override {
    switch (request.op) {
      case Op::acquire:
        out += "*6\r\n$3\r\nSET\r\n";
        append_bulk(out, request.name);
        append_bulk(out, request.token);
        out += "$2\r\nNX\r\n$2\r\nPX\r\n";
        append_bulk(out, static_cast<std::uint64_t>(request.ttl.count()));
        return;
      case Op::release: append_script(out, "*5\r\n", delete_, request); return;
      case Op::renew:
        append_script(out, "*6\r\n", expire_, request);
        append_bulk(out, static_cast<std::uint64_t>(request.ttl.count()));
        return;
      case Op::ping: out += "*1\r\n$4\r\nPING\r\n"; return;
      case Op::count: out += "*1\r\n$6\r\nDBSIZE\r\n"; return;
      case Op::await:
      case Op::open:
      case Op::keep_alive: throw std::runtime_error("redis has no such request");
    }
  }

  std::optional<Reply> read(std::string_view bytes, const Request& asked) const override {
    const auto line = first_line(bytes);
    if (!line) return std::nullopt;
    Reply reply{line->size(), false, asked.token};
    if (asked.op == Op::acquire) {
      reply.right = *line == "+OK\r\n";
    } else if (asked.op == Op::ping) {
      reply.right = *line == "+PONG\r\n";
    } else if (asked.op == Op::count) {
      const auto number = number_after(*line, ":");
      reply.right = number.has_value();
      reply.value = number.value_or(0);
    } else {
      reply.right = *line == ":1\r\n";
    }
    return reply;
  }

 private:
  static void append_script(std::string& out, std::string_view words, std::string_view script,
                            const Request& request) {
    out += words;
    out += "$7\r\nEVALSHA\r\n$40\r\n";
    out += script;
    out += "\r\n$1\r\n1\r\n";
    append_bulk(out, request.name);
    append_bulk(out, request.token);
  }

  std::string delete_;
  std::string expire_;
};

}  // namespace

std::unique_ptr<Dialect> redis_dialect() { return std::make_unique<Redis>(); }

}  // namespace pawl::bench
