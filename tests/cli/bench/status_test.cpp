// SPDX-License-Identifier: Apache-2.0
#include "cli/bench/status.hpp"

#include <catch2/catch.hpp>

namespace pawl::cli::bench {

TEST_CASE("the number of locks is read from a STATUS, and nothing else for it") {
  CHECK(locks_in(R"({"node":"n1","locks":17,"sessions":3})") == 17U);
  CHECK(locks_in(R"({"node":"n1","sessions":3})") == std::nullopt);
  CHECK(locks_in(R"({"locks":-1})") == std::nullopt);
  CHECK(locks_in(R"({"locks":"many"})") == std::nullopt);
  CHECK(locks_in("pong") == std::nullopt);
  CHECK(locks_in("[17]") == std::nullopt);
}

}  // namespace pawl::cli::bench
