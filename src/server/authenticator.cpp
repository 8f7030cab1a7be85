// SPDX-License-Identifier: Apache-2.0
#include "server/authenticator.hpp"

#include <openssl/crypto.h>

#include "server/config/digest.hpp"

namespace pawl::server {

Authenticator::Authenticator(const access::Access& access) {
  for (const access::User& user : access.users) {
    for (const access::Digest& secret : user.secrets) {
      known_.push_back({digest_of(user.name), secret});
    }
  }
}

// All are looked at, whoever asks, and digests are compared: neither where a name differs nor
// whether there is one shows in the time it takes.
bool Authenticator::is_right(std::string_view user, std::string_view secret) const {
  const Known given{digest_of(user), digest_of(secret)};
  const auto same = [](const access::Digest& left, const access::Digest& right) {
    return CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0 ? 1U : 0U;
  };
  unsigned right = 0;
  for (const Known& one : known_) {
    right |= same(one.user, given.user) & same(one.secret, given.secret);
  }
  return right != 0;
}

}  // namespace pawl::server
