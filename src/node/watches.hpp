// SPDX-License-Identifier: Apache-2.0
//
// Which connections watch which prefixes. Finding the watchers of a name costs one look-up for each
// length of prefix in use, and then only those who match, however many there are. They come in an
// order that does not hang on a hash: shorter prefixes first, then as they began.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.hpp"
#include "base/hash_index.hpp"
#include "base/slab.hpp"

namespace pawl::node {

class Watches {
 public:
  explicit Watches(std::uint64_t hash_seed) : seed_(hash_seed) {}

  [[nodiscard]] bool empty() const { return links_.size() == 0; }
  [[nodiscard]] std::size_t count(Slot connection) const {
    return connection < watchers_.size() ? watchers_[connection].count : 0;
  }
  [[nodiscard]] bool has(Slot connection, std::string_view prefix) const;
  [[nodiscard]] std::size_t memory() const;

  void add(Slot connection, std::string_view prefix);  // which it does not watch yet
  void remove(Slot connection, std::string_view prefix);
  void remove_all(Slot connection);

  // Each connection with a prefix of this name, once.
  template <class Visit>
  void each(std::string_view name, Visit visit) {
    ++look_;
    for (std::size_t length : lengths_) {
      if (length > name.size()) return;
      Slot prefix = find_prefix(name.substr(0, length));
      if (prefix == no_slot) continue;
      for (Slot at = prefixes_[prefix].first; at != no_slot; at = links_[at].next) {
        Watcher& watcher = watchers_[links_[at].connection];
        if (watcher.seen == look_) continue;
        watcher.seen = look_;
        visit(links_[at].connection);
      }
    }
  }

  // Each connection that watches anything, by slot.
  template <class Visit>
  void each_watcher(Visit visit) const {
    for (Slot slot = 0; slot < watchers_.size(); ++slot) {
      if (watchers_[slot].count != 0) visit(slot);
    }
  }

 private:
  struct Prefix {
    std::uint32_t hash = 0;
    Slot hash_next = no_slot;
    std::string text;
    Slot first = no_slot;  // of its links
    Slot last = no_slot;
  };
  struct Link {  // one connection watches one prefix
    std::uint32_t hash = 0;
    Slot hash_next = no_slot;
    Slot prefix = no_slot;
    Slot connection = no_slot;
    Slot next = no_slot;  // of the prefix
    Slot previous = no_slot;
    Slot next_own = no_slot;  // of the connection
    Slot previous_own = no_slot;
  };
  struct Watcher {
    Slot first = no_slot;  // of its links
    std::uint32_t count = 0;
    std::uint64_t seen = 0;  // in the look-up of this number
  };

  [[nodiscard]] Slot find_prefix(std::string_view text) const;
  [[nodiscard]] Slot find_link(Slot connection, Slot prefix) const;
  [[nodiscard]] std::uint32_t hash_of(Slot connection, Slot prefix) const {
    return hash_number(std::uint64_t{connection} << 32U | prefix, seed_);
  }
  Slot make_prefix(std::string_view text);
  void forget_prefix(Slot prefix);
  void unlink(Slot link);

  std::uint64_t seed_;
  Slab<Prefix> prefixes_;
  Slab<Link> links_;
  HashIndex<Prefix, &Prefix::hash, &Prefix::hash_next> by_text_{prefixes_};
  HashIndex<Link, &Link::hash, &Link::hash_next> by_pair_{links_};
  std::vector<Watcher> watchers_;               // by connection
  std::array<std::uint32_t, 256> of_length_{};  // how many prefixes
  std::vector<std::size_t> lengths_;            // those in use, rising
  std::size_t text_bytes_ = 0;
  std::uint64_t look_ = 0;
};

}  // namespace pawl::node
