// SPDX-License-Identifier: Apache-2.0
#include "client/requests.hpp"

#include <utility>

namespace pawl::client {

void Requests::ask(const Asked& asked, RequestLine line, std::vector<std::string>& lines) {
  std::string tag = "t" + std::to_string(++last_tag_);
  lines.push_back(line.tag(tag).text());
  asked_.emplace(std::move(tag), asked);
}

std::optional<Asked> Requests::take(std::string_view tag) {
  const auto found = asked_.find(tag);
  if (found == asked_.end()) return std::nullopt;
  const Asked asked = found->second;
  asked_.erase(found);
  return asked;
}

std::vector<Asked> Requests::take_all() {
  std::vector<Asked> all;
  for (const auto& [tag, asked] : asked_) all.push_back(asked);
  asked_.clear();
  return all;
}

}  // namespace pawl::client
