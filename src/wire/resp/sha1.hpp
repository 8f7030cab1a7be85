// SPDX-License-Identifier: Apache-2.0
//
// SHA-1 (FIPS 180-4 §6.1): the name by which Redis clients call a script. It recognises, it does
// not protect: nothing here rests on its strength.
#pragma once

#include <string>
#include <string_view>

namespace pawl::wire::resp {

// 40 lower-case hexadecimal digits.
[[nodiscard]] std::string sha1(std::string_view text);

}  // namespace pawl::wire::resp
