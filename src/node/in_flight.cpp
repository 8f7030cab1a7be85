// SPDX-License-Identifier: Apache-2.0
#include "node/in_flight.hpp"

#include "base/overloaded.hpp"

namespace pawl::node {

namespace record = locks::record;

void InFlight::count(const locks::Record& any, int by) {
  auto touch = [&](std::string_view name) {
    names_[bucket(name)] += static_cast<std::uint32_t>(by);
  };
  std::visit(Overloaded{
                 [&](const record::Lock& r) {
                   for (std::string_view name : r.names) touch(name);
                   locks_ += static_cast<std::uint32_t>(by);
                   further_names_ += static_cast<std::uint32_t>(by) *
                                     static_cast<std::uint32_t>(r.names.size() - 1);
                   if (r.ttl_given) ttl_changes_ += static_cast<std::uint32_t>(by);
                 },
                 [&](const record::Unlock& r) {
                   for (std::string_view name : r.names) touch(name);
                 },
                 [&](const record::RenewTtl& r) {
                   touch(r.hold.name);
                   if (r.ttl_ms != 0) ttl_changes_ += static_cast<std::uint32_t>(by);
                 },
                 [&](const record::SetSlots& r) { touch(r.name); },
                 [&](const record::Break& r) { touch(r.hold.name); },
                 [](const record::StateHash&) {},
                 [&](const auto&) { anywhere_ += static_cast<std::uint32_t>(by); },
             },
             any);
}

}  // namespace pawl::node
