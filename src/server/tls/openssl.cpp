// SPDX-License-Identifier: Apache-2.0
#include "server/tls/openssl.hpp"

#include <openssl/err.h>

namespace pawl::server::tls {

std::string take_failure() {
  const unsigned long code = ERR_peek_error();  // the first is the cause of the others
  ERR_clear_error();
  if (code == 0) return {};
  const char* const reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : "error " + std::to_string(code) + " of OpenSSL";
}

}  // namespace pawl::server::tls
