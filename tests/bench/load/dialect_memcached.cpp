// SPDX-License-Identifier: Apache-2.0
//
// add and delete: mutual exclusion with a TTL, but anyone may delete.
#include <stdexcept>

#include "load/dialect.hpp"
#include "load/text.hpp"

namespace pawl::bench {
namespace {

class Memcached final : public Dialect {
 public:
  void append(std::string& out, const Request& request) const override {
    switch (request.op) {
      case Op::acquire:
        out += "add ";
        out += request.name;
        out += " 0 ";
        append_number(out, static_cast<std::uint64_t>(request.ttl.count() / 1'000));
        out += " 8\r\n";
        append_value(out, request.token);
        out += "\r\n";
        return;
      case Op::release:
        out += "delete ";
        out += request.name;
        out += "\r\n";
        return;
      case Op::ping: out += "version\r\n"; return;
      case Op::await:
      case Op::renew:
      case Op::open:
      case Op::keep_alive:
      case Op::count: throw std::runtime_error("memcached has no such request");
    }
  }

  std::optional<Reply> read(std::string_view bytes, const Request& asked) const override {
    const auto line = first_line(bytes);
    if (!line) return std::nullopt;
    Reply reply{line->size(), false, asked.token};
    if (asked.op == Op::acquire) reply.right = *line == "STORED\r\n";
    if (asked.op == Op::release) reply.right = *line == "DELETED\r\n";
    if (asked.op == Op::ping) reply.right = line->starts_with("VERSION ");
    return reply;
  }

 private:
  // Of a fixed length, which stands in the line before it.
  static void append_value(std::string& out, std::uint64_t token) {
    for (std::uint64_t unit = 10'000'000; unit > 0; unit /= 10) {
      out += static_cast<char>('0' + token / unit % 10);
    }
  }
};

}  // namespace

std::unique_ptr<Dialect> memcached_dialect() { return std::make_unique<Memcached>(); }

}  // namespace pawl::bench
