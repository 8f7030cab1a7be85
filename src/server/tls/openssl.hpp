// SPDX-License-Identifier: Apache-2.0
//
// OpenSSL's objects as owned values, and what it has to say about its last failure.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

namespace pawl::server::tls {

template <auto release>
struct Release {
  template <class T>
  void operator()(T* object) const {
    release(object);
  }
};
template <class T, auto release>
using Owned = std::unique_ptr<T, Release<release>>;

using OwnedBio = Owned<BIO, BIO_free_all>;
using OwnedMethod = Owned<BIO_METHOD, BIO_meth_free>;
using OwnedKey = Owned<EVP_PKEY, EVP_PKEY_free>;
using OwnedCertificate = Owned<X509, X509_free>;
using OwnedContext = Owned<SSL_CTX, SSL_CTX_free>;
using OwnedSsl = Owned<SSL, SSL_free>;

// In words; empty if there was none. Forgets all that was queued.
[[nodiscard]] std::string take_failure();

}  // namespace pawl::server::tls
