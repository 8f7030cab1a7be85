// SPDX-License-Identifier: Apache-2.0
//
// What can go wrong with files. The message is a whole sentence for an operator: which file, what,
// and what to do if there is something to do. An error of `io` or `sync` on the log ends the
// process: it is never tried again, for after a failed flush the page cache shows what the disk
// lacks.
#pragma once

#include <boost/system/result.hpp>
#include <cstdint>
#include <string>

namespace pawl::storage {

enum class FailureKind : std::uint8_t {
  io,
  sync,          // a flush failed
  no_space,      // ENOSPC, EDQUOT
  missing,       // no such file or directory
  permissions,   // not allowed, too much allowed to others, read-only
  held,          // another process uses the directory
  damaged,       // corrupt, or may be
  newer_format,  // written by a newer program
};

struct Failure {
  FailureKind kind = FailureKind::io;
  std::string message;
};

template <class Value>
using Result = boost::system::result<Value, Failure>;

}  // namespace pawl::storage
