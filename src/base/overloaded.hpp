// SPDX-License-Identifier: Apache-2.0
//
// std::visit(Overloaded{…}, variant): a missing case does not compile.
#pragma once

namespace pawl {

template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};

template <class... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

}  // namespace pawl
