// SPDX-License-Identifier: Apache-2.0
//
// Bytes as a client of the HTTP port sends them, to a real connection over a pair of sockets.
// First byte: in how many pieces they come. Whatever they are, what comes back is answers of HTTP,
// whole and no more of them than were asked for, and the connection comes to an end. Each target
// asked for, and the bytes themselves as one, is taken apart and put together again.
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "base/ensure.hpp"
#include "replay_corpus.hpp"
#include "server/http/connection.hpp"
#include "server/http/own_hosts.hpp"
#include "server/http/target.hpp"
#include "wire/text.hpp"

namespace pawl::server::http {
namespace {

namespace asio = boost::asio;
namespace bhttp = boost::beast::http;

std::string escaped(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    out += {'%', digits[byte >> 4U], digits[byte & 15U]};
  }
  return out;
}

void check_target(std::string_view text) {
  const std::string alone(text);
  const auto target = Target::parse(alone);
  if (!target) return;
  ensure(target->path().starts_with('/') && target->path().find('?') == std::string::npos);
  const std::string_view stranger = target->stranger({"name", "limit"});
  ensure(wire::is_text(stranger) && wire::is_text(target->text("name")));
  const auto limit = target->number("limit", 10, 1, 100);
  ensure(!limit || (*limit >= 1 && *limit <= 100));
  ensure(limit != 10U || !target->has("limit") || !target->text("limit").empty());
  const auto again = Target::parse(target->path() + "?name=" + escaped(target->text("name")) + "&" +
                                   escaped(stranger) + "=1");
  ensure(again && again->path() == target->path());
  ensure(again->text("name") == target->text("name"));
}

// How many whole answers these are; anything else fails.
std::size_t count_answers(std::string_view bytes) {
  std::size_t answers = 0;
  while (!bytes.empty()) {
    bhttp::response_parser<bhttp::string_body> parser;
    // Whether it answers a HEAD is seen from what follows: here no answer to GET is empty.
    parser.eager(true);
    const std::size_t head = bytes.find("\r\n\r\n");
    ensure(head != bytes.npos);
    const std::string_view behind = bytes.substr(head + 4);
    parser.skip(behind.empty() || behind.starts_with("HTTP/1.1 "));
    boost::system::error_code error;
    const std::size_t used = parser.put(asio::buffer(bytes), error);
    ensure(!error && parser.is_done());
    ensure(parser.get()["X-Content-Type-Options"] == "nosniff");
    bytes.remove_prefix(used);
    ++answers;
  }
  return answers;
}

// One client, from its first byte until the connection is over.
class Visit {
 public:
  Visit() : near_(io_) {
    int pair[2];
    ensure(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    near_.assign(asio::ip::tcp::v4(), pair[0]);
    near_.non_blocking(true);
    Socket far(io_);
    far.assign(asio::ip::tcp::v4(), pair[1]);
    far.non_blocking(true);
    std::make_shared<Connection>(std::move(far), "", limits_, answering_,
                                 [this](const Connection*) { over_ = true; })
        ->start(nullptr);
  }

  void send(std::string_view bytes) {
    boost::system::error_code error;
    near_.write_some(asio::buffer(bytes), error);
    run();
  }
  // All that came back, once nothing more is sent.
  std::string finish() {
    boost::system::error_code ignored;
    near_.shutdown(Socket::shutdown_send, ignored);
    run();
    ensure(over_);
    return answers_;
  }
  [[nodiscard]] std::size_t asked() const { return asked_; }

 private:
  void run() {
    for (std::size_t before = 1; before != 0;) {
      io_.restart();
      before = io_.poll() + read();
    }
  }
  std::size_t read() {
    char block[4'096];
    boost::system::error_code error;
    const std::size_t size = near_.read_some(asio::buffer(block), error);
    answers_.append(block, size);
    return size;
  }

  asio::io_context io_{1};
  Socket near_;
  const Limits limits_;
  std::string answers_;
  std::size_t asked_ = 0;
  bool over_ = false;
  const Answering answering_ = [this](const Asked& asked, const Reply& reply) {
    ++asked_;
    check_target(asked.target);
    static_cast<void>(OwnHosts({"here.example"}).include(asked.host));
    reply({.body = "body\n", .is_page = asked_ % 2 == 0});
  };
};

void check(std::string_view bytes, std::size_t pieces) {
  check_target(bytes.substr(0, bytes.find('\n')));
  static_cast<void>(OwnHosts({"here.example"}).include(bytes.substr(0, bytes.find('\n'))));
  Visit visit;
  const std::size_t piece = bytes.size() / pieces + 1;
  for (std::string_view rest = bytes; !rest.empty();) {
    const std::string_view next = rest.substr(0, piece);
    visit.send(next);
    rest.remove_prefix(next.size());
  }
  const std::size_t answers = count_answers(visit.finish());
  // One more may have been refused before anybody was asked, others for what they were.
  ensure(answers >= visit.asked());
}

}  // namespace
}  // namespace pawl::server::http

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  pawl::server::http::check(bytes.substr(1), std::size_t{1} + data[0] % 8);
  return 0;
}
