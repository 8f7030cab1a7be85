// SPDX-License-Identifier: Apache-2.0
//
// What a client by TLS says first, and leaves at that.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

namespace pawl::testing {

inline std::string tls_hello() {
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()),
                                                                  &SSL_CTX_free);
  const std::unique_ptr<SSL, decltype(&SSL_free)> ssl(SSL_new(context.get()), &SSL_free);
  BIO* const output = BIO_new(BIO_s_mem());
  SSL_set_bio(ssl.get(), BIO_new(BIO_s_mem()), output);
  SSL_connect(ssl.get());
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(output, &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

}  // namespace pawl::testing
