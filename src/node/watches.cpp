// SPDX-License-Identifier: Apache-2.0
#include "node/watches.hpp"

#include <algorithm>

#include "base/ensure.hpp"

namespace pawl::node {

bool Watches::has(Slot connection, std::string_view prefix) const {
  Slot at = find_prefix(prefix);
  return at != no_slot && find_link(connection, at) != no_slot;
}

std::size_t Watches::memory() const { return prefixes_.memory() + links_.memory() + text_bytes_; }

void Watches::add(Slot connection, std::string_view text) {
  ensure(!has(connection, text));
  if (connection >= watchers_.size()) watchers_.resize(connection + 1);
  Slot at = find_prefix(text);
  if (at == no_slot) at = make_prefix(text);
  Prefix& prefix = prefixes_[at];
  Watcher& watcher = watchers_[connection];
  Slot slot = links_.allocate();
  Link& link = links_[slot];
  link.prefix = at;
  link.connection = connection;
  link.previous = prefix.last;
  link.next_own = watcher.first;
  (prefix.last == no_slot ? prefix.first : links_[prefix.last].next) = slot;
  prefix.last = slot;
  if (watcher.first != no_slot) links_[watcher.first].previous_own = slot;
  watcher.first = slot;
  ++watcher.count;
  by_pair_.insert(slot, hash_of(connection, at));
}

void Watches::remove(Slot connection, std::string_view text) {
  Slot prefix = find_prefix(text);
  Slot link = prefix == no_slot ? no_slot : find_link(connection, prefix);
  if (link != no_slot) unlink(link);
}

void Watches::remove_all(Slot connection) {
  while (count(connection) != 0) unlink(watchers_[connection].first);
}

Slot Watches::find_prefix(std::string_view text) const {
  return by_text_.find(hash_text(text, seed_),
                       [&](const Prefix& prefix) { return prefix.text == text; });
}

Slot Watches::find_link(Slot connection, Slot prefix) const {
  return by_pair_.find(hash_of(connection, prefix), [&](const Link& link) {
    return link.connection == connection && link.prefix == prefix;
  });
}

Slot Watches::make_prefix(std::string_view text) {
  Slot slot = prefixes_.allocate();
  prefixes_[slot].text = text;
  text_bytes_ += text.size();
  by_text_.insert(slot, hash_text(text, seed_));
  if (of_length_[text.size()]++ == 0) {
    lengths_.insert(std::lower_bound(lengths_.begin(), lengths_.end(), text.size()), text.size());
  }
  return slot;
}

void Watches::forget_prefix(Slot slot) {
  std::size_t length = prefixes_[slot].text.size();
  if (--of_length_[length] == 0) std::erase(lengths_, length);
  text_bytes_ -= length;
  by_text_.erase(slot);
  prefixes_.release(slot);
}

void Watches::unlink(Slot slot) {
  Link& link = links_[slot];
  Prefix& prefix = prefixes_[link.prefix];
  Watcher& watcher = watchers_[link.connection];
  (link.previous == no_slot ? prefix.first : links_[link.previous].next) = link.next;
  (link.next == no_slot ? prefix.last : links_[link.next].previous) = link.previous;
  (link.previous_own == no_slot ? watcher.first : links_[link.previous_own].next_own) =
      link.next_own;
  if (link.next_own != no_slot) links_[link.next_own].previous_own = link.previous_own;
  --watcher.count;
  by_pair_.erase(slot);
  if (prefix.first == no_slot) forget_prefix(link.prefix);
  links_.release(slot);
}

}  // namespace pawl::node
