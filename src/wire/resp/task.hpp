// SPDX-License-Identifier: Apache-2.0
//
// What a Redis command or a known script wants of a lock server: one act on some keys, and what is
// said of it. A key is a lock name; its value is the owner, kept as the note `owner=<value>` of the
// lock, where every node has it. REDIS.md tells what follows from that.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pawl/types.hpp"

namespace pawl::wire::resp {

enum class Act : std::uint8_t {
  authenticate,  // no key
  ask_role,      // of this node: no key
  look,          // at whoever holds
  look_own,      // … if that is the owner, of all keys
  acquire,       // all keys or none
  take,          // acquire all, or extend them if they are all the owner's
  extend,        // all, if they are all the owner's
  release,       // those that are the owner's
  release_all,   // all, if they are all the owner's
  remove,        // whoever holds
  expire,        // sets a new TTL, whoever holds
};

// What an answer says.
enum class Say : std::uint8_t {
  zero,
  one,
  two,
  minus_one,
  minus_two,
  ok,
  nil,
  count,         // of keys acted upon, or held
  value,         // the owner
  milliseconds,  // the least that is left
  seconds,       // … rounded
  token,
  value_and_milliseconds,
  hello,
  info,
  role,
  is_taken,   // an error: a SET takes it from nobody
  is_a_lock,  // an error: only its owner may change it
  not_owner,  // an error
};

struct Task {
  Act act = Act::look;
  Say yes = Say::one;
  Say no = Say::zero;       // not the owner's, or not all
  Say missing = Say::zero;  // nobody's, none of them
  std::vector<std::string> keys;
  std::string owner;
  Milliseconds ttl{0};
  bool ttl_is_more = false;  // than what is left
  std::string user;          // to authenticate
  std::string secret;
};

// What Redis clients may do that Redis lets them and a lock server would not.
struct Policy {
  Milliseconds missing_ttl{3'600'000};  // of a lock whose client gives none; 0: it is refused
  bool allow_unowned = false;  // to release a lock, or change its TTL, without its owner's name
};

// How often something happened that an operator may wish to know.
struct Counts {
  std::uint64_t missing_ttl = 0;      // got the TTL of the policy
  std::uint64_t unowned = 0;          // changes that named no owner, done or refused
  std::uint64_t unknown_scripts = 0;  // refused
};

}  // namespace pawl::wire::resp
