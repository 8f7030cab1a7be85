// SPDX-License-Identifier: Apache-2.0
//
// Why a command is not carried out, as the error that says so; or that it is, while `code` is
// empty.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace pawl::wire::resp {

struct Refusal {
  std::string_view code;
  std::string text;

  explicit operator bool() const { return !code.empty(); }
};

[[nodiscard]] inline Refusal refuse(std::string text) { return {"ERR", std::move(text)}; }

[[nodiscard]] inline Refusal wrong_number(std::string_view word) {
  return refuse("wrong number of arguments for '" + std::string(word) + "' command");
}

}  // namespace pawl::wire::resp
