// SPDX-License-Identifier: Apache-2.0
//
// "/lock.json?name=jobs%2Fa&limit=10" in parts: a path and parameters, decoded.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pawl::server::http {

class Target {
 public:
  // Nothing: it is no path, or a %-escape or what it stands for is none.
  [[nodiscard]] static std::optional<Target> parse(std::string_view text);

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] bool has(std::string_view name) const { return find(name) != nullptr; }
  [[nodiscard]] std::string_view text(std::string_view name) const;
  // `otherwise` where it is not given; nothing: it is no number from `least` to `most`.
  [[nodiscard]] std::optional<std::uint32_t> number(std::string_view name, std::uint32_t otherwise,
                                                    std::uint32_t least, std::uint32_t most) const;
  // The first parameter that is none of these, or stands twice; empty: none is.
  [[nodiscard]] std::string_view stranger(std::initializer_list<std::string_view> known) const;

 private:
  [[nodiscard]] const std::string* find(std::string_view name) const;

  std::string path_;
  std::vector<std::pair<std::string, std::string>> parameters_;
};

}  // namespace pawl::server::http
