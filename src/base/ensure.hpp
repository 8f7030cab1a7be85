// SPDX-License-Identifier: Apache-2.0
//
// ensure(condition): an assertion that stays in release builds. A broken law ends the process, for
// another node serves; going on could grant a lock twice.
#pragma once

namespace pawl {

[[noreturn]] void ensure_failed(const char* condition, const char* file, int line);

}  // namespace pawl

#define ensure(condition) \
  ((condition) ? static_cast<void>(0) : ::pawl::ensure_failed(#condition, __FILE__, __LINE__))
