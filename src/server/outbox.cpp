// SPDX-License-Identifier: Apache-2.0
#include "server/outbox.hpp"

#include <algorithm>
#include <utility>

#include "base/ensure.hpp"

namespace pawl::server {

bool Outbox::begin(RequestNumber number, std::string_view tag) {
  ensure(tag.size() <= sizeof(last_.tag));
  if (last_.open) set_last_aside();
  if (!tag.empty() && tags_.contains(tag)) return false;
  last_.number = number;
  last_.open = true;
  last_.counted = true;
  last_.tag_size = static_cast<std::uint8_t>(tag.size());
  std::copy(tag.begin(), tag.end(), last_.tag);
  ++pipelined_;
  return true;
}

void Outbox::exempt_last() {
  if (last_.open && last_.tag_size != 0 && last_.counted) {
    last_.counted = false;
    --pipelined_;
  }
}

Outbox::Place Outbox::place_of(RequestNumber number) {
  if (last_.open && last_.number == number) {
    if (last_.tag_size != 0) return {&ready_, {last_.tag, last_.tag_size}};
    return {first_held_ == untagged_.size() ? &ready_ : &scratch_, {}};
  }
  if (const auto found = tagged_.find(number); found != tagged_.end()) {
    return {&ready_, found->second.tag};
  }
  Untagged* entry = find_untagged(number);
  if (entry == nullptr || entry->answered) return {};
  return {entry == &untagged_[first_held_] ? &ready_ : &scratch_, {}};
}

void Outbox::settle(RequestNumber number) {
  if (last_.open && last_.number == number) {
    settle_last();
  } else if (tagged_.contains(number)) {
    settle_tagged(number);
  } else {
    settle_untagged(*find_untagged(number));
  }
}

void Outbox::settle_last() {
  last_.open = false;
  if (last_.tag_size == 0 && first_held_ != untagged_.size()) {
    held_bytes_ += scratch_.size();
    untagged_.push_back({last_.number, true, std::exchange(scratch_, {})});
  } else if (last_.counted) {
    --pipelined_;
  }
}

void Outbox::settle_tagged(RequestNumber number) {
  const auto found = tagged_.find(number);
  if (found->second.counted) --pipelined_;
  push_ready(found->second.events);
  tags_.erase(found->second.tag);
  tagged_.erase(found);
}

void Outbox::settle_untagged(Untagged& entry) {
  entry.answered = true;
  if (&entry != &untagged_[first_held_]) {
    held_bytes_ += scratch_.size();
    scratch_ += entry.text;
    entry.text = std::exchange(scratch_, {});
    return;
  }
  release_answered();  // the reply itself is in ready_; what is held of this entry is behind it
}

void Outbox::release_answered() {
  while (first_held_ < untagged_.size() && untagged_[first_held_].answered) {
    push_ready(untagged_[first_held_].text);
    --pipelined_;
    ++first_held_;
  }
  if (first_held_ == untagged_.size()) {
    untagged_.clear();
    if (untagged_.capacity() > 8) untagged_.shrink_to_fit();
    first_held_ = 0;
  } else if (first_held_ > 32 && first_held_ * 2 > untagged_.size()) {
    untagged_.erase(untagged_.begin(),
                    untagged_.begin() + static_cast<std::ptrdiff_t>(first_held_));
    first_held_ = 0;
  }
}

std::string& Outbox::place_after(RequestNumber cause) {
  if (cause == 0) return ready_;
  if (last_.open && last_.number == cause) set_last_aside();
  if (const auto found = tagged_.find(cause); found != tagged_.end()) return found->second.events;
  Untagged* entry = find_untagged(cause);
  return entry == nullptr ? ready_ : entry->text;
}

// Whoever is not answered yet has caused nothing that must wait for its reply: a LOCK that waits
// may have been the record that ended another's hold.
void Outbox::announce(RequestNumber cause, std::string_view line) {
  if (const Untagged* own = find_untagged(cause); own != nullptr && own->answered) {
    const Untagged* last = find_untagged(announced_behind_);
    if (last == nullptr || last < own) announced_behind_ = cause;
  }
  if (Untagged* last = find_untagged(announced_behind_)) {
    last->text += line;
    held_bytes_ += line.size();
  } else {
    ready_ += line;
  }
}

void Outbox::set_last_aside() {
  last_.open = false;
  if (last_.tag_size == 0) {
    untagged_.push_back({last_.number, false, {}});
    return;
  }
  Tagged& entry = tagged_[last_.number];
  entry.tag.assign(last_.tag, last_.tag_size);
  entry.counted = last_.counted;
  tags_.insert(entry.tag);
}

void Outbox::push_ready(std::string& held) {
  ready_ += held;
  held_bytes_ -= held.size();
  held = {};
}

Outbox::Untagged* Outbox::find_untagged(RequestNumber number) {
  const auto begin = untagged_.begin() + static_cast<std::ptrdiff_t>(first_held_);
  const auto found = std::lower_bound(
      begin, untagged_.end(), number, [](const Untagged& entry, RequestNumber wanted) {
        return static_cast<std::int32_t>(entry.number - wanted) < 0;  // numbers wrap
      });
  return found == untagged_.end() || found->number != number ? nullptr : &*found;
}

void Outbox::consume(std::size_t bytes) {
  written_ += bytes;
  ensure(written_ <= ready_.size());
  if (written_ == ready_.size()) {
    ready_.clear();
    written_ = 0;
  } else if (written_ > 65'536 && written_ * 2 > ready_.size()) {
    ready_.erase(0, written_);
    written_ = 0;
  }
}

void Outbox::lend_storage(std::string&& storage) {
  storage.assign(ready_);
  ready_ = std::move(storage);
}

std::string Outbox::take_storage() {
  ensure(ready_.empty());
  return std::exchange(ready_, std::string());
}

}  // namespace pawl::server
