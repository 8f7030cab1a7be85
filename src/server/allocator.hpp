// SPDX-License-Identifier: Apache-2.0
//
// What the C library keeps of memory that was given back to it.
#pragma once

namespace pawl::server {

// Large blocks go back to the system at once, however large those were that went before; smaller
// ones leave a few MiB. By itself glibc keeps up to 64 MiB more of what a start read its log with,
// for good. Before the first large block; does nothing with another C library.
void keep_little_memory();

}  // namespace pawl::server
