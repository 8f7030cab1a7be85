// SPDX-License-Identifier: Apache-2.0
//
// A small file as text: a configuration, a secret.
#pragma once

#include <string>

#include "server/config/values.hpp"

namespace pawl::server {

// Of a mebibyte at most: a wrong path, say a log or a device, shall not fill the memory.
[[nodiscard]] Parsed<std::string> read_text_file(const std::string& path);

}  // namespace pawl::server
