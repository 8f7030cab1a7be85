// SPDX-License-Identifier: Apache-2.0
//
// TLS of a client by OpenSSL: which files it reads, whom it trusts, and in words for a person what
// went wrong, with the file or the check that failed.
#pragma once

#include <openssl/ssl.h>

#include <boost/asio/ssl/context.hpp>
#include <boost/system/error_code.hpp>
#include <stdexcept>
#include <string>

#include "pawl/tls.hpp"

namespace pawl::client {

// Says which file, and why.
struct TlsFailure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// TLS 1.2 or later, the server verified. Throws TlsFailure.
[[nodiscard]] boost::asio::ssl::context make_tls_context(const TlsOptions& options);

// Why such a context cannot be made now; empty: it can.
[[nodiscard]] std::string problem_in(const TlsOptions& options);

// Whom a handshake is to be with: a name or an address, and how the certificate that came calls
// itself if that is not it. Outlives the handshake.
struct Expected {
  std::string host;
  std::string named_instead = {};
};
void expect(SSL* ssl, Expected& expected);

// Why the handshake failed.
[[nodiscard]] std::string why_refused(SSL* ssl, const boost::system::error_code& error,
                                      const Expected& expected, const TlsOptions& options);

// The other side has closed, with the farewell of TLS or without.
[[nodiscard]] bool is_end(const boost::system::error_code& error);

// The other side has refused this client's certificate, or that there is none.
[[nodiscard]] bool is_turned_away(const boost::system::error_code& error);

// Why a connection ended, of TLS or not.
[[nodiscard]] std::string why_lost(const boost::system::error_code& error);

}  // namespace pawl::client
