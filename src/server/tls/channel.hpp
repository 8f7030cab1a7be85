// SPDX-License-Identifier: Apache-2.0
//
// One connection's TLS: records in and out of a carrier that never blocks. Reads all that is there
// until there is no room or nothing more comes, so that edges tell what they tell without TLS.
// The end of input is the other side's close_notify, or the end of what carries it.
#pragma once

#include <boost/system/error_code.hpp>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "server/tls/context.hpp"
#include "server/tls/openssl.hpp"

namespace pawl::server::tls {

// What carries the records: a plain socket. End of input is the error eof, "not now" is
// would_block, both with 0 bytes.
class Carrier {
 public:
  virtual ~Carrier() = default;
  virtual std::size_t receive(std::span<char> into, boost::system::error_code& error) = 0;
  virtual std::size_t transmit(std::string_view bytes, boost::system::error_code& error) = 0;
  // False: receive() would certainly give nothing.
  [[nodiscard]] virtual bool may_receive() const = 0;
};

enum class Side : std::uint8_t { called, calling };

class Channel {
 public:
  // With its record's header. Of those who never say the whole of theirs each holds so much.
  static constexpr std::size_t longest_hello = 8'192;

  // `early`: what was received before it was known to be TLS. The carrier outlives it.
  Channel(ContextPtr context, Side side, Carrier& carrier, std::string_view early = {});
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  // A step of the handshake. True: it is done. Else would_block, or the end; after which only the
  // destructor is left.
  [[nodiscard]] bool shake_hands(boost::system::error_code& error);
  // Whoever is called begins once all of a hello is there: until then it takes little memory.
  [[nodiscard]] bool has_begun() const { return ssl_ != nullptr; }
  [[nodiscard]] bool is_ready() const { return is_ready_; }

  // As a carrier's; nothing before it is ready. What could not be written must be the beginning of
  // what is written next.
  std::size_t read_some(std::span<char> into, boost::system::error_code& error);
  std::size_t write_some(std::string_view bytes, boost::system::error_code& error);

  // There may be more to read, whatever the carrier says: there was no room for it.
  [[nodiscard]] bool has_more() const { return has_more_; }
  // It cannot go on before the carrier can be written to.
  [[nodiscard]] bool wants_output() const { return wants_output_; }
  // The handshake is not done, or a record has begun and not ended.
  [[nodiscard]] bool is_midway() const;

  // Says that nothing more will be written, if that can be said at once.
  void finish();

  // The other side's, verified; null: it has shown none.
  [[nodiscard]] const X509* certificate() const;
  // Why the last operation failed, in words; empty: the carrier did.
  [[nodiscard]] const std::string& trouble() const { return trouble_; }

 private:
  friend class Context;
  static int pull(BIO* bio, char* into, int size);
  static int push(BIO* bio, const char* bytes, int size);
  static long control(BIO* bio, int command, long number, void* pointer);
  static void note_message(int is_written, int version, int kind, const void* bytes,
                           std::size_t size, SSL* ssl, void* channel);

  bool receive_hello(boost::system::error_code& error);
  void refuse_hello(boost::system::error_code& error);
  boost::system::error_code failure_of(int result);

  ContextPtr context_;
  Carrier& carrier_;
  OwnedSsl ssl_;
  std::string early_;
  std::string trouble_;
  boost::system::error_code carrier_error_;
  boost::system::error_code end_;  // of input: eof, or why nothing more can be read
  std::size_t may_pull_ = 0;       // so much more in this go
  int rekeyings_ = 0;              // that came in this go
  bool is_ready_ = false;
  bool is_broken_ = false;
  bool has_more_ = false;
  bool wants_output_ = false;
};

}  // namespace pawl::server::tls
