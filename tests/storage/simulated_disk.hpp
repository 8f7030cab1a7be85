// SPDX-License-Identifier: Apache-2.0
//
// A disk in memory that does everything a disk may: at a power cut each unflushed sector is there
// or not, names that were not flushed are there up to some point, a failed flush forgets what it
// should have written while memory still shows it. All from a seed. Thread-safe.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "storage/file.hpp"

namespace pawl::storage {

class SimulatedDisk final : public Directory {
 public:
  explicit SimulatedDisk(std::uint64_t seed = 1, std::uint64_t capacity = std::uint64_t{1} << 40U)
      : random_(seed), capacity_(capacity) {}

  // --- what can happen to it ---

  // The machine stops; what was not flushed is there in part. Everything works again afterwards.
  void cut_power() {
    const std::lock_guard lock(mutex_);
    const std::size_t kept = random_() % (changes_.size() + 1);
    for (std::size_t i = 0; i < kept; ++i) changes_[i](durable_names_);
    changes_.clear();
    names_ = durable_names_;
    for (const auto& [name, inode] : names_) lose_unflushed(*inode);
    steps_left_ = no_limit;
    sync_error_in_ = no_limit;
  }
  // The process alone dies: memory keeps what it wrote.
  void kill_process() {
    const std::lock_guard lock(mutex_);
    steps_left_ = no_limit;
    sync_error_in_ = no_limit;
  }
  // After so many more changes and flushes every one fails, as if the machine had stopped there.
  void stop_after(std::uint64_t steps) { set(steps_left_, steps); }
  [[nodiscard]] bool stopped() {
    const std::lock_guard lock(mutex_);
    return steps_left_ == 0;
  }
  // The n-th flush from now on (0: the next) fails, and forgets.
  void fail_sync_in(std::uint64_t flushes) { set(sync_error_in_, flushes); }
  void set_capacity(std::uint64_t bytes) { set(capacity_, bytes); }
  void vanish() { set(gone_, true); }
  void rot(const std::string& name, std::uint64_t offset, std::byte flip) {
    const std::lock_guard lock(mutex_);
    Inode& inode = *names_.at(name);
    inode.cached.at(offset) ^= flip;
    if (offset < inode.durable.size()) inode.durable[offset] ^= flip;
  }
  void make_unreadable(const std::string& name, std::uint64_t begin, std::uint64_t end) {
    const std::lock_guard lock(mutex_);
    names_.at(name)->unreadable.push_back({begin, end});
  }
  // --- what tests look at ---

  [[nodiscard]] std::vector<std::byte> read(const std::string& name) {
    const std::lock_guard lock(mutex_);
    return names_.at(name)->cached;
  }
  [[nodiscard]] bool exists(const std::string& name) {
    const std::lock_guard lock(mutex_);
    return names_.contains(name);
  }
  [[nodiscard]] std::uint64_t syncs() {
    const std::lock_guard lock(mutex_);
    return syncs_;
  }

  // --- Directory ---

  Result<std::unique_ptr<File>> create(const std::string& name) override {
    const std::lock_guard lock(mutex_);
    if (const auto done = step(); !done) return done.error();
    const auto inode = std::make_shared<Inode>();
    change([name, inode](Names& names) { names[name] = inode; });
    return std::unique_ptr<File>(std::make_unique<SimulatedFile>(*this, inode, name));
  }
  Result<std::unique_ptr<File>> open(const std::string& name) override {
    const std::lock_guard lock(mutex_);
    const auto found = names_.find(name);
    if (found == names_.end()) return Failure{FailureKind::missing, "cannot open " + name};
    return std::unique_ptr<File>(std::make_unique<SimulatedFile>(*this, found->second, name));
  }
  Result<void> rename(const std::string& from, const std::string& to) override {
    const std::lock_guard lock(mutex_);
    if (const auto done = step(); !done) return done.error();
    if (!names_.contains(from)) return Failure{FailureKind::missing, "cannot rename " + from};
    change([from, to](Names& names) {
      names[to] = names.at(from);
      names.erase(from);
    });
    return {};
  }
  Result<void> remove(const std::string& name) override {
    const std::lock_guard lock(mutex_);
    if (const auto done = step(); !done) return done.error();
    if (!names_.contains(name)) return Failure{FailureKind::missing, "cannot delete " + name};
    change([name](Names& names) { names.erase(name); });
    return {};
  }
  Result<void> sync() override {
    const std::lock_guard lock(mutex_);
    if (const auto done = step_of_sync(); !done) return done.error();
    for (const auto& apply : changes_) apply(durable_names_);
    changes_.clear();
    return {};
  }
  Result<std::vector<std::string>> list() override {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> names;
    for (const auto& [name, inode] : names_) names.push_back(name);
    return names;
  }
  Result<std::uint64_t> free_bytes() override {
    const std::lock_guard lock(mutex_);
    return free_space();
  }
  Result<void> check() override {
    const std::lock_guard lock(mutex_);
    if (gone_) return Failure{FailureKind::missing, "the directory is gone"};
    return {};
  }
  std::string path_of(const std::string& name) const override { return "/data/" + name; }

 private:
  struct Write {
    std::uint64_t offset;
    std::vector<std::byte> bytes;
  };
  struct Inode {
    std::vector<std::byte> cached;   // what reads see
    std::vector<std::byte> durable;  // what a power cut leaves at least
    std::vector<Write> unflushed;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> unreadable;
  };
  using Names = std::map<std::string, std::shared_ptr<Inode>>;

  static constexpr std::uint64_t no_limit = ~std::uint64_t{0};

  class SimulatedFile final : public File {
   public:
    SimulatedFile(SimulatedDisk& disk, std::shared_ptr<Inode> inode, std::string name)
        : disk_(disk), inode_(std::move(inode)), name_(std::move(name)) {}

    Result<void> write_at(std::uint64_t offset, Bytes bytes) override {
      const std::lock_guard lock(disk_.mutex_);
      if (const auto done = disk_.step(); !done) return done.error();
      const std::uint64_t end = offset + bytes.size();
      const std::uint64_t size = inode_->cached.size();
      if (end > size && end - size > disk_.free_space()) {
        return Failure{FailureKind::no_space, "cannot write " + name_ + ": no space left"};
      }
      put(inode_->cached, offset, bytes);
      inode_->unflushed.push_back({offset, {bytes.begin(), bytes.end()}});
      return {};
    }
    Result<std::size_t> read_at(std::uint64_t offset, MutableBytes out) override {
      const std::lock_guard lock(disk_.mutex_);
      const std::uint64_t size = inode_->cached.size();
      const std::size_t count =
          offset >= size ? 0 : std::min<std::uint64_t>(out.size(), size - offset);
      for (const auto& [begin, end] : inode_->unreadable) {
        if (begin < offset + count && offset < end) {
          return Failure{FailureKind::io, "cannot read " + name_};
        }
      }
      std::copy_n(inode_->cached.begin() + static_cast<std::ptrdiff_t>(offset), count, out.begin());
      return count;
    }
    Result<void> sync() override {
      const std::lock_guard lock(disk_.mutex_);
      const auto done = disk_.step_of_sync();
      if (done) {
        for (const Write& write : inode_->unflushed) {
          put(inode_->durable, write.offset, write.bytes);
        }
      }
      // After a failure too: the pages count as clean, and no later flush will write them.
      if (done || disk_.steps_left_ != 0) inode_->unflushed.clear();
      return done;
    }
    Result<std::uint64_t> size() override {
      const std::lock_guard lock(disk_.mutex_);
      return inode_->cached.size();
    }

   private:
    SimulatedDisk& disk_;
    std::shared_ptr<Inode> inode_;
    std::string name_;
  };

  template <class Value>
  void set(Value& target, Value value) {
    const std::lock_guard lock(mutex_);
    target = value;
  }
  static void put(std::vector<std::byte>& bytes, std::uint64_t offset, Bytes written) {
    if (bytes.size() < offset + written.size()) bytes.resize(offset + written.size());
    std::copy(written.begin(), written.end(), bytes.begin() + static_cast<std::ptrdiff_t>(offset));
  }
  // In any order, sector by sector.
  void lose_unflushed(Inode& inode) {
    std::shuffle(inode.unflushed.begin(), inode.unflushed.end(), random_);
    for (const Write& write : inode.unflushed) {
      for (std::size_t at = 0; at < write.bytes.size(); at += journal::sector_bytes) {
        if (random_() % 2 == 0) continue;
        const std::size_t size = std::min(journal::sector_bytes, write.bytes.size() - at);
        put(inode.durable, write.offset + at, Bytes(write.bytes).subspan(at, size));
      }
    }
    inode.unflushed.clear();
    inode.cached = inode.durable;
  }
  [[nodiscard]] std::uint64_t free_space() const {
    std::uint64_t used = 0;
    for (const auto& [name, inode] : names_) used += inode->cached.size();
    return used < capacity_ ? capacity_ - used : 0;
  }
  [[nodiscard]] Result<void> step() {
    if (steps_left_ == 0) return Failure{FailureKind::io, "the machine has stopped"};
    if (steps_left_ != no_limit) steps_left_ -= 1;
    return {};
  }
  [[nodiscard]] Result<void> step_of_sync() {
    if (const auto done = step(); !done) return done.error();
    syncs_ += 1;
    if (sync_error_in_ == 0) {
      sync_error_in_ = no_limit;
      return Failure{FailureKind::sync, "cannot flush: input/output error"};
    }
    if (sync_error_in_ != no_limit) sync_error_in_ -= 1;
    return {};
  }
  void change(std::function<void(Names&)> apply) {
    apply(names_);
    changes_.push_back(std::move(apply));
  }

  std::mutex mutex_;
  std::mt19937_64 random_;
  Names names_;
  Names durable_names_;
  std::vector<std::function<void(Names&)>> changes_;  // of names, not yet flushed
  std::uint64_t capacity_;
  std::uint64_t steps_left_ = no_limit;
  std::uint64_t sync_error_in_ = no_limit;
  std::uint64_t syncs_ = 0;
  bool gone_ = false;
};

}  // namespace pawl::storage
