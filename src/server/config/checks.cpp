// SPDX-License-Identifier: Apache-2.0
#include "server/config/checks.hpp"

#include "base/ensure.hpp"

namespace pawl::server {

const Key& key_named(std::string_view name) {
  const Key* key = find_key(name);
  ensure(key != nullptr);
  return *key;
}

std::string shown(const Effective& effective, const Key& key) {
  return std::string(key.name) + " (" + format_value(key, effective.config) + ')';
}

void complain_of_pair(Effective& effective, const Key& left, std::string_view relation,
                      const Key& right) {
  const bool left_is_default = effective.origin_of(left) == "default";
  const std::string place = effective.origin_of(left_is_default ? right : left);
  effective.complain(
      place, shown(effective, left) + ' ' + std::string(relation) + ' ' + shown(effective, right));
}

namespace {

void check_order(Effective& effective, std::string_view low, Milliseconds low_value,
                 std::string_view high, Milliseconds high_value) {
  const Key& low_key = key_named(low);
  const Key& high_key = key_named(high);
  if (!effective.is_sound(low_key) || !effective.is_sound(high_key)) return;
  if (low_value > high_value) complain_of_pair(effective, low_key, "is above", high_key);
}

void check_distinct(Effective& effective, std::string_view left, const Address& left_value,
                    std::string_view right, const std::optional<Address>& right_value) {
  const Key& left_key = key_named(left);
  const Key& right_key = key_named(right);
  if (!effective.is_sound(left_key) || !effective.is_sound(right_key)) return;
  if (right_value == left_value && left_value.port != 0) {
    complain_of_pair(effective, left_key, "is the same as", right_key);
  }
}

// What nobody has set is kept within bounds where it is used.
void check_ttl_cap(Effective& effective) {
  if (effective.origin_of(key_named("resp.ttl_cap")) == "default") return;
  const Leases& leases = effective.config.core.leases;
  const Milliseconds cap = effective.config.resp.ttl_cap;
  check_order(effective, "leases.min_ttl", leases.min_ttl, "resp.ttl_cap", cap);
  check_order(effective, "resp.ttl_cap", cap, "leases.max_ttl", leases.max_ttl);
}

}  // namespace

void check_pairs(Effective& effective) {
  const Leases& leases = effective.config.core.leases;
  const Milliseconds session = effective.config.core.session_default_ttl;
  if (leases.min_ttl > leases.max_ttl) {
    // The defaults lie outside an empty range whatever they are: one complaint says it all.
    check_order(effective, "leases.min_ttl", leases.min_ttl, "leases.max_ttl", leases.max_ttl);
  } else {
    check_order(effective, "leases.min_ttl", leases.min_ttl, "leases.default_ttl",
                leases.default_ttl);
    check_order(effective, "leases.default_ttl", leases.default_ttl, "leases.max_ttl",
                leases.max_ttl);
    check_order(effective, "leases.min_ttl", leases.min_ttl, "sessions.default_ttl", session);
    check_order(effective, "sessions.default_ttl", session, "leases.max_ttl", leases.max_ttl);
    check_ttl_cap(effective);
  }
  const Listen& listen = effective.config.listen;
  check_distinct(effective, "listen.client", listen.client, "listen.peer", listen.peer);
  check_distinct(effective, "listen.client", listen.client, "listen.http", listen.http);
  check_distinct(effective, "listen.peer", listen.peer, "listen.http", listen.http);
}

}  // namespace pawl::server
