// SPDX-License-Identifier: Apache-2.0
//
// OpenSSL's objects as owned values, and what it has to say about its last failure.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <string>

#include "base/owned.hpp"

namespace pawl::server::tls {

using OwnedBio = Owned<BIO, BIO_free_all>;
using OwnedMethod = Owned<BIO_METHOD, BIO_meth_free>;
using OwnedKey = Owned<EVP_PKEY, EVP_PKEY_free>;
using OwnedCertificate = Owned<X509, X509_free>;
using OwnedContext = Owned<SSL_CTX, SSL_CTX_free>;
using OwnedSsl = Owned<SSL, SSL_free>;

// In words; empty if there was none. Forgets all that was queued.
[[nodiscard]] std::string take_failure();

}  // namespace pawl::server::tls
