// SPDX-License-Identifier: Apache-2.0
//
// Lines as names: where servers listen, as people and NOT_PRIMARY write it, and what files of a
// data directory are called. What is one, written down again, is the same.
#include <algorithm>
#include <string>
#include <string_view>

#include "base/ensure.hpp"
#include "client/server_address.hpp"
#include "journal/names.hpp"
#include "replay_corpus.hpp"

namespace pawl {
namespace {

void check_addresses(std::string_view text) {
  const auto addresses = client::parse_server_addresses(text);
  if (!addresses) return;
  ensure(addresses->size() ==
         1U + static_cast<std::size_t>(std::count(text.begin(), text.end(), ',')));
  for (const client::ServerAddress& one : *addresses) {
    ensure(!one.host.empty() && !one.port.empty());
    ensure(client::parse_server_address(client::to_text(one)) == one);
  }
}

void check_file(std::string_view text) {
  const auto segment = journal::parse_segment_name(text);
  const auto snapshot = journal::parse_snapshot_name(text);
  ensure(!segment || !snapshot);
  // One name, one form: no two files are the same segment.
  if (segment) ensure(journal::format_name(*segment) == text);
  if (snapshot) ensure(journal::format_name(*snapshot) == text);
}

void check(std::string_view bytes) {
  const std::string line(bytes);  // in a block of its own length: a read past it is seen
  check_addresses(line);
  check_file(line);
}

}  // namespace
}  // namespace pawl

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t end = rest.find('\n');
    pawl::check(rest.substr(0, end));
    rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
  }
  return 0;
}
