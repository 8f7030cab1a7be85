// SPDX-License-Identifier: Apache-2.0
#include "server/config/text_file.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <utility>

namespace pawl::server {
namespace {

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

}  // namespace

Parsed<std::string> read_text_file(const std::string& path) {
  constexpr std::size_t most = 1'048'576;
  const auto wrong = [&path] {
    return Wrong{printable(path) + ": cannot be read: " + std::strerror(errno)};
  };
  const File file(std::fopen(path.c_str(), "rb"), std::fclose);
  if (!file) return wrong();
  std::string text;
  std::array<char, 4'096> block{};
  while (const std::size_t count = std::fread(block.data(), 1, block.size(), file.get())) {
    text.append(block.data(), count);
    if (text.size() > most) {
      return Wrong{printable(path) + ": cannot be read: larger than 1 MiB"};
    }
  }
  if (std::ferror(file.get()) != 0) return wrong();
  return {boost::system::in_place_value, std::move(text)};
}

}  // namespace pawl::server
