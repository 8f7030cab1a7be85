// SPDX-License-Identifier: Apache-2.0
//
// Two channels over pipes in memory, which take and give as little as they are told.
#include "server/tls/channel.hpp"

#include <openssl/pem.h>

#include <algorithm>
#include <boost/asio/error.hpp>
#include <catch2/catch.hpp>
#include <memory>
#include <optional>
#include <string>

#include "server/tls/certificate.hpp"
#include "server/tls/keyring.hpp"
#include "tls/certificates.hpp"

namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using namespace pawl;
using namespace pawl::server;
using test::Certificates;
using test::take;
using tls::Channel;
using tls::ContextPtr;
using tls::Side;

struct Pipe {
  std::string bytes;
  bool ended = false;
};

class MemoryCarrier final : public tls::Carrier {
 public:
  MemoryCarrier(Pipe& in, Pipe& out) : in_(in), out_(out) {}

  std::size_t receive(std::span<char> into, error_code& error) override {
    error = {};
    if (in_.bytes.empty()) {
      error = in_.ended ? error_code(asio::error::eof) : error_code(asio::error::would_block);
      return 0;
    }
    const std::size_t size = in_.bytes.copy(into.data(), std::min(into.size(), at_once));
    in_.bytes.erase(0, size);
    return size;
  }
  std::size_t transmit(std::string_view bytes, error_code& error) override {
    error = {};
    const std::size_t size = std::min(bytes.size(), room);
    if (size == 0) error = asio::error::would_block;
    out_.bytes += bytes.substr(0, size);
    if (room != std::string::npos) room -= size;
    return size;
  }
  [[nodiscard]] bool may_receive() const override { return !in_.bytes.empty() || in_.ended; }

  std::size_t at_once = std::string::npos;
  std::size_t room = std::string::npos;

 private:
  Pipe& in_;
  Pipe& out_;
};

Config configured(const Tls& settings) {
  Config config;
  config.tls = settings;
  config.cluster_id = "c1";
  return config;
}

ContextPtr peers_of(Certificates& certificates) {
  Tls settings = certificates.settings();
  settings.peers = Switch::on;
  return tls::Keyring::load(configured(settings))->peers();
}

ContextPtr clients_of(Certificates& certificates) {
  return tls::Keyring::load(configured(certificates.settings()))->clients();
}

// Both ends show certificates, as peers do.
struct Ends {
  explicit Ends(ContextPtr context) : Ends(context, context) {}
  Ends(ContextPtr server_context, ContextPtr client_context)
      : server(std::move(server_context), Side::called, server_end),
        client(std::move(client_context), Side::calling, client_end) {}

  // Until both are done or one fails.
  error_code meet() {
    for (int step = 0; step < 1'000'000; ++step) {
      for (Channel* end : {&client, &server}) {
        error_code error;
        if (end->is_ready() || end->shake_hands(error)) continue;
        if (error != asio::error::would_block) return error;
      }
      if (client.is_ready() && server.is_ready()) return {};
    }
    return asio::error::timed_out;
  }

  Pipe up;
  Pipe down;
  MemoryCarrier server_end{up, down};
  MemoryCarrier client_end{down, up};
  Channel server;
  Channel client;
};

// A client that does with OpenSSL what no honest one does: as bytes that the server is yet to read.
class RawClient {
 public:
  explicit RawClient(ContextPtr context) : server(std::move(context), Side::called, carrier_) {
    SSL_set_bio(ssl.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(ssl.get());
    error_code error;
    for (int step = 0; step < 100 && !server.is_ready(); ++step) {
      SSL_do_handshake(ssl.get());
      send();
      static_cast<void>(server.shake_hands(error));
      BIO_write(SSL_get_rbio(ssl.get()), down_.bytes.data(), static_cast<int>(down_.bytes.size()));
      down_.bytes.clear();
    }
  }

  void rekey() {
    SSL_key_update(ssl.get(), SSL_KEY_UPDATE_NOT_REQUESTED);
    SSL_do_handshake(ssl.get());
    send();
  }
  void say(std::string_view bytes) {
    SSL_write(ssl.get(), bytes.data(), static_cast<int>(bytes.size()));
    send();
  }
  [[nodiscard]] std::size_t unread() const { return up_.bytes.size(); }

 private:
  using OwnedContext = pawl::Owned<SSL_CTX, SSL_CTX_free>;

  void send() {
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(SSL_get_wbio(ssl.get()), &bytes);
    up_.bytes.append(bytes, static_cast<std::size_t>(size));
    static_cast<void>(BIO_reset(SSL_get_wbio(ssl.get())));
  }

  Pipe up_;
  Pipe down_;
  MemoryCarrier carrier_{up_, down_};
  OwnedContext context_{SSL_CTX_new(TLS_client_method())};

 public:
  tls::OwnedSsl ssl{SSL_new(context_.get())};
  Channel server;
};

std::string read(Channel& channel, std::size_t room, error_code& error) {
  std::string bytes(room, '\0');
  bytes.resize(channel.read_some(bytes, error));
  return bytes;
}

std::size_t write(Channel& channel, std::string_view bytes) {
  error_code error;
  const std::size_t size = channel.write_some(bytes, error);
  CHECK((!error || error == asio::error::would_block));
  return size;
}

}  // namespace

TEST_CASE("what one end writes the other reads") {
  Certificates certificates;
  Ends ends(peers_of(certificates));
  REQUIRE_FALSE(ends.meet());
  error_code error;
  CHECK(read(ends.server, 100, error).empty());
  CHECK(error == asio::error::would_block);
  CHECK(write(ends.client, "LOCK a\n") == 7);
  CHECK(read(ends.server, 100, error) == "LOCK a\n");
  CHECK(write(ends.server, "OK\n") == 3);
  CHECK(read(ends.client, 100, error) == "OK\n");
  CHECK_FALSE(ends.server.is_midway());
}

TEST_CASE("a handshake whose bytes come one by one is done in the end") {
  Certificates certificates;
  Ends ends(peers_of(certificates));
  ends.server_end.at_once = ends.client_end.at_once = 1;
  REQUIRE_FALSE(ends.meet());
}

TEST_CASE("what was read before it was known to be TLS is not lost") {
  Certificates certificates;
  const ContextPtr context = peers_of(certificates);
  Ends ends(context);
  error_code error;
  CHECK_FALSE(ends.client.shake_hands(error));
  const std::string early = std::exchange(ends.up.bytes, {});
  Channel late(context, Side::called, ends.server_end, early);
  for (int step = 0; step < 10 && !late.is_ready(); ++step) {
    static_cast<void>(late.shake_hands(error));
    if (!ends.client.is_ready()) static_cast<void>(ends.client.shake_hands(error));
  }
  CHECK(late.is_ready());
}

TEST_CASE(
    "records that came together are read together, and none is left behind for want of room") {
  Certificates certificates;
  Ends ends(peers_of(certificates));
  REQUIRE_FALSE(ends.meet());
  for (int i = 0; i < 100; ++i) write(ends.client, "PING\n");
  error_code error;
  CHECK(read(ends.server, 400, error).size() == 400);
  CHECK(ends.up.bytes.empty());  // the carrier has nothing more to tell
  CHECK(ends.server.has_more());
  CHECK_FALSE(ends.server.is_midway());
  CHECK(read(ends.server, 400, error).size() == 100);
  CHECK_FALSE(ends.server.has_more());
}

TEST_CASE("a record that has begun is told from one that has not") {
  Certificates certificates;
  Ends ends(peers_of(certificates));
  REQUIRE_FALSE(ends.meet());
  write(ends.client, "LOCK a\n");
  const std::string record = std::exchange(ends.up.bytes, {});
  ends.up.bytes = record.substr(0, 10);
  error_code error;
  CHECK(read(ends.server, 100, error).empty());
  CHECK(error == asio::error::would_block);
  CHECK(ends.server.is_midway());
  ends.up.bytes = record.substr(10);
  CHECK(read(ends.server, 100, error) == "LOCK a\n");
  CHECK_FALSE(ends.server.is_midway());
}

TEST_CASE("a write that did not fit goes on where it was, though more was added") {
  Certificates certificates;
  Ends ends(peers_of(certificates));
  REQUIRE_FALSE(ends.meet());
  std::string text(40'000, 'x');
  ends.server_end.room = 20'000;
  std::size_t written = write(ends.server, text);
  CHECK(written < text.size());
  CHECK(write(ends.server, std::string_view(text).substr(written)) == 0);
  CHECK(ends.server.wants_output());
  text += std::string(10, 'y');
  const std::string moved = text;
  ends.server_end.room = std::string::npos;
  written += write(ends.server, std::string_view(moved).substr(written));
  CHECK(written == text.size());
  std::string got;
  error_code error;
  while (!error) got += read(ends.client, 7'000, error);
  CHECK(error == asio::error::would_block);
  CHECK(got == text);
}

TEST_CASE("input ends with close_notify, and with the connection") {
  Certificates certificates;
  Ends ends(peers_of(certificates));
  REQUIRE_FALSE(ends.meet());
  const bool in_order = GENERATE(true, false);
  write(ends.client, "PING\n");
  in_order ? ends.client.finish() : static_cast<void>(ends.up.ended = true);
  error_code error;
  CHECK(read(ends.server, 100, error) == "PING\n");
  CHECK_FALSE(error);
  CHECK(ends.server.has_more());
  CHECK(read(ends.server, 100, error).empty());
  CHECK(error == asio::error::eof);
  CHECK(write(ends.server, "OK\n") == 3);  // half closed
  CHECK(read(ends.client, 100, error) == "OK\n");
}

TEST_CASE("bytes that somebody changed end the connection") {
  Certificates certificates;
  Ends ends(peers_of(certificates));
  REQUIRE_FALSE(ends.meet());
  write(ends.client, "LOCK a\n");
  ends.up.bytes.back() ^= 1;
  error_code error;
  CHECK(read(ends.server, 100, error).empty());
  CHECK(error);
  CHECK(error != asio::error::would_block);
  CHECK_FALSE(ends.server.trouble().empty());
  CHECK(ends.server.write_some("OK\n", error) == 0);
  CHECK(error);
}

TEST_CASE("who speaks no TLS is told from who has the wrong certificate") {
  Certificates certificates;
  Certificates others;
  Ends strangers(peers_of(certificates), peers_of(others));
  CHECK(strangers.meet());
  CHECK(strangers.client.trouble() == "unable to get local issuer certificate");
  Ends plain(clients_of(certificates));
  plain.up.bytes = "PING\n";
  error_code error;
  CHECK_FALSE(plain.server.shake_hands(error));
  CHECK(error != asio::error::would_block);
  CHECK_FALSE(plain.server.trouble().empty());
}

TEST_CASE("a hello longer than 8 KiB is refused before it has come") {
  Certificates certificates;
  const bool is_too_long = GENERATE(true, false);
  Ends ends(clients_of(certificates));
  constexpr std::size_t header = 5;
  const std::size_t announced = Channel::longest_hello - header + (is_too_long ? 1 : 0);
  ends.up.bytes = {'\x16', '\x03', '\x01', static_cast<char>(announced >> 8),
                   static_cast<char>(announced & 0xff)};
  error_code error;
  CHECK_FALSE(ends.server.shake_hands(error));
  CHECK_FALSE(ends.server.has_begun());
  if (is_too_long) {
    CHECK(error == boost::system::errc::protocol_error);
    CHECK(ends.server.trouble() == "its hello is too long");
    CHECK(ends.down.bytes == std::string("\x15\x03\x01\x00\x02\x02\x16", 7));
  } else {
    CHECK(error == asio::error::would_block);
  }
}

TEST_CASE("a certificate names a node or a user, never both") {
  Certificates certificates;
  Ends ends(peers_of(certificates));
  REQUIRE_FALSE(ends.meet());
  const X509* const node = ends.server.certificate();
  REQUIRE(node != nullptr);
  CHECK(tls::names_node(node, "pawl://c1/n1"));
  CHECK_FALSE(tls::names_node(node, "pawl://c1/n"));
  CHECK_FALSE(tls::names_node(node, "pawl://c2/n1"));
  CHECK_FALSE(tls::user_named(node).has_value());
  const std::string text =
      take(certificates.authority().issue_client("ci", test::a_day())).certificate;
  const tls::OwnedBio bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  const tls::OwnedCertificate user(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  CHECK(tls::user_named(user.get()) == "ci");
  CHECK(tls::nodes_named(user.get()).empty());
}

TEST_CASE("keys may be renewed, but who does nothing else is cut off at once") {
  Certificates certificates;
  RawClient client(clients_of(certificates));
  REQUIRE(client.server.is_ready());
  error_code error;
  for (int i = 0; i < 100; ++i) {
    client.rekey();
    client.say("PING\n");
    CHECK(read(client.server, 100, error) == "PING\n");
  }
  for (int i = 0; i < 20'000; ++i) client.rekey();
  const std::size_t before = client.unread();
  CHECK(read(client.server, 100, error).empty());
  CHECK(error == boost::system::errc::protocol_error);
  CHECK(client.server.trouble() == "nothing comes but new keys");
  CHECK(before - client.unread() < 65'536);
}

TEST_CASE("of many records with little in them a piece is read at a time") {
  Certificates certificates;
  RawClient client(clients_of(certificates));
  REQUIRE(client.server.is_ready());
  constexpr std::size_t records = 20'000;
  for (std::size_t i = 0; i < records; ++i) client.say("x");
  std::size_t most = 0;
  std::size_t all = 0;
  error_code error;
  while (!error) {
    const std::size_t before = client.unread();
    all += read(client.server, 65'536, error).size();
    most = std::max(most, before - client.unread());
    if (client.unread() != 0) CHECK(client.server.has_more());
  }
  CHECK(error == asio::error::would_block);
  CHECK(all == records);
  CHECK(most < 2 * 65'536);
  CHECK_FALSE(client.server.has_more());
}
