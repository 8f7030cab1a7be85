// SPDX-License-Identifier: Apache-2.0
//
// Lets REQUIRE take a Result, and show the failure's message.
#pragma once

#include <catch2/catch.hpp>
#include <string>

#include "storage/failure.hpp"

namespace Catch {

template <class Value>
struct StringMaker<boost::system::result<Value, pawl::storage::Failure>> {
  static std::string convert(const pawl::storage::Result<Value>& result) {
    return result ? "done" : "failure: " + result.error().message;
  }
};

}  // namespace Catch
