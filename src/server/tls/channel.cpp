// SPDX-License-Identifier: Apache-2.0
#include "server/tls/channel.hpp"

#include <openssl/err.h>

#include <algorithm>
#include <array>
#include <boost/asio/error.hpp>
#include <utility>

namespace pawl::server::tls {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// Of records, in one go: OpenSSL would read for as long as there come any without data in them, and
// a client can send those as quickly as they are read. The others have their turn in between.
constexpr std::size_t most_pulled = 65'536;

// In one go; honest ends do it once in many gigabytes, and it costs ten times an empty record.
constexpr int most_rekeyings = 8;

bool is_later(const error_code& error) {
  return error == asio::error::would_block || error == asio::error::try_again ||
         error == asio::error::interrupted;
}

// What somebody left there would be taken for our own failure. To look costs less than to clear.
void forget_failures() {
  if (ERR_peek_error() != 0) ERR_clear_error();
}

// A fatal alert, record_overflow.
constexpr std::string_view too_long_alert{"\x15\x03\x01\x00\x02\x02\x16", 7};

}  // namespace

Channel::Channel(ContextPtr context, Side side, Carrier& carrier, std::string_view early)
    : context_(std::move(context)), carrier_(carrier), early_(early) {
  if (side == Side::called) return;  // until there is a hello
  ssl_ = context_->new_connection(this);
  SSL_set_connect_state(ssl_.get());
}

int Channel::pull(BIO* bio, char* into, int size) {
  auto& self = *static_cast<Channel*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  const auto room = static_cast<std::size_t>(size);
  if (!self.early_.empty()) {
    const std::size_t count = self.early_.copy(into, room);
    self.early_.erase(0, count);
    if (self.early_.empty()) std::string().swap(self.early_);
    return static_cast<int>(count);
  }
  error_code& error = self.carrier_error_;
  if (self.is_ready_ && self.may_pull_ == 0) {
    error = asio::error::would_block;
    BIO_set_retry_read(bio);
    self.has_more_ = true;
    return -1;
  }
  const std::size_t count = self.carrier_.receive({into, room}, error);
  self.may_pull_ -= std::min(self.may_pull_, count);
  if (!error) return static_cast<int>(count);
  if (is_later(error)) BIO_set_retry_read(bio);
  return error == asio::error::eof ? 0 : -1;
}

int Channel::push(BIO* bio, const char* bytes, int size) {
  auto& self = *static_cast<Channel*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  error_code& error = self.carrier_error_;
  const std::size_t count = self.carrier_.transmit({bytes, static_cast<std::size_t>(size)}, error);
  if (!error && count != 0) return static_cast<int>(count);
  if (!error || is_later(error)) BIO_set_retry_write(bio);
  return -1;
}

long Channel::control(BIO* bio, int command, long, void*) {
  const auto& self = *static_cast<Channel*>(BIO_get_data(bio));
  if (command == BIO_CTRL_EOF) return self.carrier_error_ == asio::error::eof ? 1 : 0;
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

// Behind the handshake there is but one message a client may send: that its keys are new.
void Channel::note_message(int is_written, int, int kind, const void*, std::size_t, SSL* ssl,
                           void* channel) {
  auto& self = *static_cast<Channel*>(channel);
  if (is_written != 0 || kind != SSL3_RT_HANDSHAKE || !self.is_ready_) return;
  if (++self.rekeyings_ > most_rekeyings) SSL_set_shutdown(ssl, SSL_RECEIVED_SHUTDOWN);
}

// What OpenSSL calls an error: to come again later, the end, or one.
error_code Channel::failure_of(int result) {
  const int kind = SSL_get_error(ssl_.get(), result);
  wants_output_ = kind == SSL_ERROR_WANT_WRITE;
  if (kind == SSL_ERROR_WANT_READ || kind == SSL_ERROR_WANT_WRITE) return asio::error::would_block;
  const bool rekeys = rekeyings_ > most_rekeyings;
  if (kind == SSL_ERROR_ZERO_RETURN && !rekeys) return asio::error::eof;
  is_broken_ = true;
  const long verdict = SSL_get_verify_result(ssl_.get());
  trouble_ = take_failure();
  if (verdict != X509_V_OK) trouble_ = X509_verify_cert_error_string(verdict);
  if (rekeys) trouble_ = "nothing comes but new keys";
  if (trouble_.empty()) trouble_ = "the connection ended";
  if (kind == SSL_ERROR_SYSCALL && carrier_error_) return carrier_error_;
  return make_error_code(boost::system::errc::protocol_error);
}

// Whether the hello has come as a whole, or something else has. OpenSSL would take 45 KB for each
// of those who never get that far.
bool Channel::receive_hello(error_code& error) {
  constexpr char handshake = 0x16;
  constexpr std::size_t header = 5;
  std::array<char, 1'024> block;
  for (;;) {
    if (!early_.empty() && early_.front() != handshake) return true;
    if (early_.size() >= header) {
      const auto high = static_cast<unsigned char>(early_[header - 2]);
      const auto low = static_cast<unsigned char>(early_[header - 1]);
      const std::size_t size = header + (std::size_t{high} << 8 | low);
      if (size > longest_hello) {
        refuse_hello(error);
        return false;
      }
      if (early_.size() >= size) return true;
    }
    const std::size_t count = carrier_.receive(block, error);
    if (error) return false;
    early_.append(block.data(), count);
  }
}

void Channel::refuse_hello(error_code& error) {
  carrier_.transmit(too_long_alert, error);
  trouble_ = "its hello is too long";
  error = make_error_code(boost::system::errc::protocol_error);
}

bool Channel::shake_hands(error_code& error) {
  if (!ssl_) {
    if (!receive_hello(error)) return false;
    ssl_ = context_->new_connection(this);
    SSL_set_accept_state(ssl_.get());
  }
  forget_failures();
  const int result = SSL_do_handshake(ssl_.get());
  is_ready_ = result == 1;
  error = is_ready_ ? error_code() : failure_of(result);
  if (is_ready_) {
    wants_output_ = false;
    has_more_ = SSL_has_pending(ssl_.get()) == 1;
  }
  return is_ready_;
}

std::size_t Channel::read_some(std::span<char> into, error_code& error) {
  error = end_;
  if (!is_ready_ && !end_) error = asio::error::would_block;
  if (error) return 0;
  std::size_t size = 0;
  has_more_ = false;
  may_pull_ = most_pulled;
  rekeyings_ = 0;
  forget_failures();
  do {
    std::size_t count = 0;
    const int result = SSL_read_ex(ssl_.get(), into.data() + size, into.size() - size, &count);
    size += count;
    if (result != 1) {
      error = failure_of(result);
      if (!is_later(error)) end_ = error;
      break;
    }
    wants_output_ = false;
    has_more_ = has_more_ || size == into.size();
  } while (!has_more_ && (SSL_has_pending(ssl_.get()) == 1 || carrier_.may_receive()));
  if (size == 0) return 0;
  has_more_ = has_more_ || end_;  // the end is told by the next one
  error = {};
  return size;
}

std::size_t Channel::write_some(std::string_view bytes, error_code& error) {
  error = {};
  if (!is_ready_) error = asio::error::would_block;
  if (is_broken_) error = asio::error::broken_pipe;
  if (error || bytes.empty()) return 0;
  std::size_t size = 0;
  forget_failures();
  while (size < bytes.size()) {
    std::size_t count = 0;
    const int result = SSL_write_ex(ssl_.get(), bytes.data() + size, bytes.size() - size, &count);
    size += count;
    if (result == 1) continue;
    error = failure_of(result);
    break;
  }
  if (size != 0 && is_later(error)) error = {};
  return size;
}

bool Channel::is_midway() const {
  return !is_ready_ || (!has_more_ && !end_ && SSL_has_pending(ssl_.get()) == 1);
}

void Channel::finish() {
  if (!is_ready_ || is_broken_) return;
  if ((SSL_get_shutdown(ssl_.get()) & SSL_SENT_SHUTDOWN) != 0) return;  // said already
  forget_failures();
  static_cast<void>(SSL_shutdown(ssl_.get()));
  forget_failures();
}

const X509* Channel::certificate() const {
  return ssl_ ? SSL_get0_peer_certificate(ssl_.get()) : nullptr;
}

}  // namespace pawl::server::tls
