// SPDX-License-Identifier: Apache-2.0
#include "server/secret.hpp"

#include <sys/random.h>

#include <cerrno>
#include <cstddef>

#include "base/ensure.hpp"

namespace pawl::server {

Secret::Secret() {
  std::array<unsigned char, 16> bytes{};
  ssize_t drawn = 0;
  do {
    drawn = ::getrandom(bytes.data(), bytes.size(), 0);
  } while (drawn < 0 && errno == EINTR);
  ensure(drawn == static_cast<ssize_t>(bytes.size()));
  constexpr std::string_view digits = "0123456789abcdef";
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    text_[2 * i] = digits[bytes[i] >> 4];
    text_[2 * i + 1] = digits[bytes[i] & 15];
  }
}

}  // namespace pawl::server
