// SPDX-License-Identifier: Apache-2.0
//
// One non-blocking connection of a load generator. Requests are gathered and leave by one write;
// replies are read in place, in the buffer that all connections share. Its time stands still while
// one batch of replies is handled: so a latency includes what the generator itself spends on it.
// TLS is spoken by OpenSSL on the descriptor itself.
#pragma once

#include <openssl/ssl.h>
#include <sys/types.h>

#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "cli/bench/asked.hpp"
#include "client/tls.hpp"

namespace pawl::cli::bench {

class Link {
 public:
  enum class State : std::uint8_t { closed, connecting, securing, open };

  Link() = default;
  ~Link() { close(); }
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  // For drivers: a request, with its LF; or its head and the number that ends it.
  void ask(std::string_view line, What what, std::uint32_t slot = 0);
  void ask(std::string_view head, std::uint64_t number, What what, std::uint32_t slot = 0);
  [[nodiscard]] Time now() const { return now_; }
  [[nodiscard]] const AskedQueue& asked() const { return asked_; }
  [[nodiscard]] bool is_open() const { return state_ == State::open; }

  // For the engine. An int is 0 or an errno.
  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] int descriptor() const { return descriptor_; }
  void set_now(Time now) { now_ = now; }
  [[nodiscard]] int connect(const boost::asio::ip::tcp::endpoint& endpoint);
  [[nodiscard]] int finish_connect();
  // Connected, it is secured before it is open: the handshake is taken up again at each event. An
  // errno; it is open, or awaits more.
  [[nodiscard]] int secure(SSL_CTX* context, const std::string& host);
  [[nodiscard]] int shake_hands();
  void close();  // what was asked and not answered is forgotten
  [[nodiscard]] int flush();
  [[nodiscard]] bool has_output() const { return !output_.empty() || wants_to_write_; }
  [[nodiscard]] ssize_t receive(char* into, std::size_t room);  // as recv()
  // Received and not taken, of which no event will tell.
  [[nodiscard]] bool has_unread() const { return tls_ && SSL_pending(tls_->ssl.get()) > 0; }
  // False: a reply now is one to nothing, for what is asked has not been sent.
  [[nodiscard]] bool is_owed_reply() const { return asked_.size() > unsent_; }
  [[nodiscard]] Asked take_asked();
  // The half line that came last, until the rest comes.
  [[nodiscard]] const std::string& kept() const { return kept_; }
  void keep(std::string_view rest) { kept_ = rest; }

 private:
  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };
  struct Tls {
    std::unique_ptr<SSL, Free> ssl;
    client::Expected expected;
  };

  [[nodiscard]] int awaits(int result);

  State state_ = State::closed;
  int descriptor_ = -1;
  Time now_{};
  AskedQueue asked_;
  std::size_t unsent_ = 0;  // the last of asked_, not written yet
  std::string output_;
  std::string kept_;
  std::unique_ptr<Tls> tls_;     // null: plain
  bool wants_to_write_ = false;  // TLS of its own accord
};

}  // namespace pawl::cli::bench
