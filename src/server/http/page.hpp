// SPDX-License-Identifier: Apache-2.0
//
// The files of page/, as they were when this program was built. embed.cmake writes their bytes.
#pragma once

#include <span>
#include <string_view>

namespace pawl::server::http {

struct PageFile {
  std::string_view name;  // "page.css"
  std::string_view text;
};

[[nodiscard]] std::span<const PageFile> page_files();

}  // namespace pawl::server::http
