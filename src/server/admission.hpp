// SPDX-License-Identifier: Apache-2.0
//
// Whether one more connection may come in: so many in all, so many from one address. Loopback is
// exempt from the second, for behind it stand proxies and everything on this machine.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <unordered_map>

#include "base/settings.hpp"

namespace pawl::server {

class Admission {
 public:
  enum class Verdict : std::uint8_t { admitted, too_many, too_many_from_address };

  // Admitted ones are counted until release().
  [[nodiscard]] Verdict admit(const boost::asio::ip::address& address, const Limits& limits);
  void release(const boost::asio::ip::address& address);

  [[nodiscard]] std::uint32_t connections() const { return connections_; }

 private:
  std::uint32_t connections_ = 0;
  std::unordered_map<boost::asio::ip::address, std::uint32_t> by_address_;
};

// An IPv4 client of a dual-stack listener is the IPv4 client it is.
[[nodiscard]] boost::asio::ip::address plain_address(const boost::asio::ip::address& address);

}  // namespace pawl::server
