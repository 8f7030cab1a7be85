// SPDX-License-Identifier: Apache-2.0
//
// What all connections of one kind have in common: certificate, key, whom they trust, and which
// versions of TLS they speak. Never changed; a reload makes a new one, and old connections keep
// theirs.
#pragma once

#include <memory>

#include "server/tls/files.hpp"
#include "server/tls/openssl.hpp"

namespace pawl::server::tls {

// Of the other side's certificate. One that is shown and is wrong ends the handshake.
enum class Asks : std::uint8_t { nothing, perhaps, always };

class Context {
 public:
  struct Options {
    Asks asks = Asks::nothing;
    bool resumes = false;  // a client may come back by a ticket, for a short handshake
  };

  [[nodiscard]] static Loaded<std::shared_ptr<const Context>> make(const Files& files,
                                                                   const Options& options);

  // A connection that is to be moved over `carried_by`, which its BIO gets as its data.
  [[nodiscard]] OwnedSsl new_connection(void* carried_by) const;

 private:
  Context(OwnedContext context, OwnedMethod method);

  OwnedContext context_;
  OwnedMethod method_;
};

using ContextPtr = std::shared_ptr<const Context>;

}  // namespace pawl::server::tls
