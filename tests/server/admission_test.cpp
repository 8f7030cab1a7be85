// SPDX-License-Identifier: Apache-2.0
#include "server/admission.hpp"

#include <catch2/catch.hpp>

using boost::asio::ip::make_address;
using pawl::Limits;
using pawl::server::Admission;
using pawl::server::plain_address;
using Verdict = Admission::Verdict;

TEST_CASE("one address gets only so many connections, and others still come in") {
  Limits limits;
  limits.connections_per_address = 2;
  Admission admission;
  const auto crowd = make_address("192.0.2.1");
  CHECK(admission.admit(crowd, limits) == Verdict::admitted);
  CHECK(admission.admit(crowd, limits) == Verdict::admitted);
  CHECK(admission.admit(crowd, limits) == Verdict::too_many_from_address);
  CHECK(admission.admit(make_address("192.0.2.2"), limits) == Verdict::admitted);
  admission.release(crowd);
  CHECK(admission.admit(crowd, limits) == Verdict::admitted);
  CHECK(admission.connections() == 3);
}

TEST_CASE("loopback is exempt from the limit per address, not from the one in all") {
  Limits limits;
  limits.connections_per_address = 1;
  limits.connections = 3;
  Admission admission;
  CHECK(admission.admit(make_address("127.0.0.1"), limits) == Verdict::admitted);
  CHECK(admission.admit(make_address("127.0.0.1"), limits) == Verdict::admitted);
  CHECK(admission.admit(make_address("::1"), limits) == Verdict::admitted);
  CHECK(admission.admit(make_address("127.0.0.1"), limits) == Verdict::too_many);
  CHECK(admission.connections() == 3);
}

TEST_CASE("an IPv4 client of a dual-stack listener is counted as the IPv4 client it is") {
  CHECK(plain_address(make_address("::ffff:192.0.2.1")) == make_address("192.0.2.1"));
  CHECK(plain_address(make_address("2001:db8::1")) == make_address("2001:db8::1"));
}
