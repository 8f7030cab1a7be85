// SPDX-License-Identifier: Apache-2.0
//
// What the files of tls.* hold, read and judged: or in words which file is wrong, and how.
#pragma once

#include <boost/system/result.hpp>
#include <string>
#include <vector>

#include "server/config/config.hpp"
#include "server/tls/openssl.hpp"

namespace pawl::server::tls {

struct Trouble {
  std::string why;  // "tls.key: /etc/pawl/n1.key: …"
};
template <class T>
using Loaded = boost::system::result<T, Trouble>;

struct Files {
  std::vector<OwnedCertificate> chain;  // the own one first
  OwnedKey key;
  std::vector<OwnedCertificate> authorities;
  std::vector<std::string> warnings;  // what is odd, but serves
};

// `settings.is_on()`.
[[nodiscard]] Loaded<Files> read_files(const Tls& settings);

}  // namespace pawl::server::tls
