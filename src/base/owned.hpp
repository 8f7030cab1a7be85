// SPDX-License-Identifier: Apache-2.0
//
// What a C library hands out, owned as a value: Owned<BIO, BIO_free_all>.
#pragma once

#include <memory>

namespace pawl {

template <auto release>
struct Release {
  template <class T>
  void operator()(T* object) const {
    release(object);
  }
};
template <class T, auto release>
using Owned = std::unique_ptr<T, Release<release>>;

}  // namespace pawl
