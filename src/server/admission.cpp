// SPDX-License-Identifier: Apache-2.0
#include "server/admission.hpp"

#include "base/ensure.hpp"

namespace pawl::server {

Admission::Verdict Admission::admit(const boost::asio::ip::address& address, const Limits& limits) {
  if (connections_ >= limits.connections) return Verdict::too_many;
  if (!address.is_loopback()) {
    std::uint32_t& count = by_address_[address];
    if (count >= limits.connections_per_address) return Verdict::too_many_from_address;
    ++count;
  }
  ++connections_;
  return Verdict::admitted;
}

void Admission::release(const boost::asio::ip::address& address) {
  ensure(connections_ > 0);
  --connections_;
  if (address.is_loopback()) return;
  const auto found = by_address_.find(address);
  ensure(found != by_address_.end());
  if (--found->second == 0) by_address_.erase(found);
}

boost::asio::ip::address plain_address(const boost::asio::ip::address& address) {
  if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address;
  return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address.to_v6());
}

}  // namespace pawl::server
