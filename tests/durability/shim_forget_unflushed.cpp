// SPDX-License-Identifier: Apache-2.0
//
// Preloaded into pawld: a disk that forgets. Everything written, created, renamed or deleted in the
// directory SHIM_DIRECTORY is remembered until it is flushed. SIGUSR2 is the power cut: what
// was not flushed is undone, but for a random part of its sectors, and the process is gone (137).
// SHIM_SEED seeds the choice; with SHIM_LIE flushes do nothing, and all is undone.
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <list>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace {

constexpr std::uint64_t sector = 512;
constexpr long flush_takes_ns = 300'000;
constexpr int power_cut_exit = 137;

struct File {
  dev_t device = 0;
  ino_t inode = 0;
  int descriptor = -1;  // our own
  std::uint64_t flushed_size = 0;
  std::set<std::uint64_t> survivors;  // sectors, once the power is cut
  bool unflushed = false;
};

struct Write {
  std::uint64_t number = 0;
  File* file = nullptr;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  std::string before;  // as far as the file reached
};

enum class Act { created, renamed, removed };
struct NameChange {
  std::uint64_t number = 0;
  Act act = Act::created;
  std::string from;
  std::string to;
  std::string saved;  // the file that lost its name, kept beside the directory
};

// Lives as long as the process: other threads write until the very end.
struct Disk {
  std::mutex mutex;
  std::string path;
  int directory = -1;  // our own
  std::set<int> directories;
  std::map<int, File*> open;
  std::list<File> files;
  std::list<Write> writes;  // oldest first, as is names
  std::list<NameChange> names;
  std::uint64_t count = 0;
  std::mt19937_64 random;
  bool lies = false;
};

Disk& disk() {
  static Disk* const the_disk = new Disk;
  return *the_disk;
}

[[noreturn]] void give_up(const char* why) {
  std::fprintf(stderr, "shim: %s\n", why);
  std::abort();
}

template <class... Arguments>
long call(long number, Arguments... arguments) {
  return ::syscall(number, arguments...);
}

std::uint64_t size_of(int descriptor) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) give_up("fstat");
  return static_cast<std::uint64_t>(status.st_size);
}

std::string saved_path(const Disk& at, const std::string& name) {
  return at.path + ".saved-" + name;
}

// --- the power cut ---

void put_back(const Write& write, std::uint64_t begin, std::uint64_t end) {
  std::string bytes(end - begin, '\0');
  const std::uint64_t known = write.offset + write.before.size();
  if (begin < known) {
    std::memcpy(bytes.data(), write.before.data() + (begin - write.offset),
                std::min(end, known) - begin);
  }
  call(SYS_pwrite64, write.file->descriptor, bytes.data(), bytes.size(), begin);
}

// Newest first; of a sector that survives nothing older is undone either.
void undo_write(Disk& at, const Write& write, std::uint64_t survive_of_8) {
  const std::uint64_t end = write.offset + write.size;
  for (std::uint64_t begin = write.offset; begin < end;) {
    const std::uint64_t next = std::min(end, (begin / sector + 1) * sector);
    auto& survivors = write.file->survivors;
    if (!survivors.contains(begin / sector)) {
      if (at.random() % 8 < survive_of_8) {
        survivors.insert(begin / sector);
      } else {
        put_back(write, begin, next);
      }
    }
    begin = next;
  }
}

void undo_name(const Disk& at, const NameChange& change) {
  const auto saved = [&](const std::string& name) {
    if (change.saved.empty()) return;
    call(SYS_renameat, AT_FDCWD, change.saved.c_str(), at.directory, name.c_str());
  };
  switch (change.act) {
    case Act::created: call(SYS_unlinkat, at.directory, change.from.c_str(), 0); break;
    case Act::renamed:
      call(SYS_renameat, at.directory, change.to.c_str(), at.directory, change.from.c_str());
      saved(change.to);
      break;
    case Act::removed: saved(change.from); break;
  }
}

void cut_power(Disk& at) {
  constexpr std::uint64_t shares[] = {0, 4, 7};
  const std::uint64_t survive_of_8 = at.lies ? 0 : shares[at.random() % std::size(shares)];
  for (auto write = at.writes.rbegin(); write != at.writes.rend(); ++write) {
    // New files full of zeros: their size alone tells.
    if (write->before.empty() && write->size > 64 * sector) continue;
    undo_write(at, *write, survive_of_8);
  }
  for (const File& file : at.files) {
    const bool shrinks = file.unflushed && (survive_of_8 == 0 || at.random() % 2 == 0);
    if (shrinks && size_of(file.descriptor) > file.flushed_size) {
      call(SYS_ftruncate, file.descriptor, file.flushed_size);
    }
  }
  std::size_t undone = at.names.size();
  if (survive_of_8 != 0) undone = at.random() % (undone + 1);
  for (auto change = at.names.rbegin(); undone > 0; ++change, --undone) undo_name(at, *change);
}

void* wait_for_power_cut(void*) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR2);
  int number = 0;
  while (sigwait(&set, &number) != 0) continue;
  disk().mutex.lock();  // and never unlocked: nothing is written any more
  cut_power(disk());
  call(SYS_exit_group, power_cut_exit);
  return nullptr;
}

__attribute__((constructor)) void block_the_signal() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR2);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

// --- watching ---

void watch_directory(Disk& at, int descriptor, const char* path) {
  const char* const watched = std::getenv("SHIM_DIRECTORY");
  if (watched == nullptr || std::strcmp(watched, path) != 0) return;
  at.directories.insert(descriptor);
  if (at.directory >= 0) return;
  at.path = path;
  at.directory = ::dup(descriptor);
  at.lies = std::getenv("SHIM_LIE") != nullptr;
  const char* const seed = std::getenv("SHIM_SEED");
  at.random.seed(seed == nullptr ? 0 : std::strtoull(seed, nullptr, 10));
  pthread_t thread{};
  if (pthread_create(&thread, nullptr, wait_for_power_cut, nullptr) != 0) give_up("no thread");
}

void watch_file(Disk& at, int descriptor, bool emptied) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) give_up("fstat");
  auto file = std::find_if(at.files.begin(), at.files.end(), [&](const File& known) {
    return known.device == status.st_dev && known.inode == status.st_ino;
  });
  if (file == at.files.end()) {
    file = at.files.insert(at.files.end(), File{status.st_dev,
                                                status.st_ino,
                                                ::dup(descriptor),
                                                static_cast<std::uint64_t>(status.st_size),
                                                {},
                                                false});
  }
  if (emptied) {
    at.writes.remove_if([&](const Write& write) { return write.file == &*file; });
    file->flushed_size = 0;
  }
  at.open[descriptor] = &*file;
}

File* watched(Disk& at, int descriptor) {
  const auto found = at.open.find(descriptor);
  return found == at.open.end() ? nullptr : found->second;
}

void refuse(int descriptor, const char* what) {
  Disk& at = disk();
  const std::lock_guard lock(at.mutex);
  if (watched(at, descriptor) != nullptr) give_up(what);
}

// The flushed part of what was done before `number` is safe from now on.
void flush_file(Disk& at, File& file, std::uint64_t number, std::uint64_t size) {
  at.writes.remove_if(
      [&](const Write& write) { return write.file == &file && write.number <= number; });
  file.flushed_size = std::max(file.flushed_size, size);
  file.unflushed = std::any_of(at.writes.begin(), at.writes.end(),
                               [&](const Write& write) { return write.file == &file; });
}

void flush_names(Disk& at, std::uint64_t number) {
  while (!at.names.empty() && at.names.front().number <= number) {
    const std::string& saved = at.names.front().saved;
    if (!saved.empty()) call(SYS_unlinkat, AT_FDCWD, saved.c_str(), 0);
    at.names.pop_front();
  }
}

int flush(long number_of_call, int descriptor) {
  Disk& at = disk();
  std::unique_lock lock(at.mutex);
  File* const file = watched(at, descriptor);
  const bool is_directory = at.directories.contains(descriptor);
  if (file == nullptr && !is_directory) {
    lock.unlock();
    return static_cast<int>(call(number_of_call, descriptor));
  }
  const std::uint64_t number = at.count;
  const std::uint64_t size = file == nullptr ? 0 : size_of(descriptor);
  lock.unlock();
  const timespec takes{0, flush_takes_ns};
  ::nanosleep(&takes, nullptr);
  lock.lock();
  if (at.lies) return 0;
  if (is_directory) flush_names(at, number);
  if (file != nullptr) flush_file(at, *file, number, size);
  return 0;
}

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  const auto opened = static_cast<int>(call(SYS_openat, AT_FDCWD, path, flags, mode));
  if (opened < 0) return opened;
  Disk& at = disk();
  const std::lock_guard lock(at.mutex);
  watch_directory(at, opened, path);
  return opened;
}

int openat(int directory, const char* name, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  Disk& at = disk();
  const std::lock_guard lock(at.mutex);
  // Who holds the directory is nothing that a restart could miss.
  const bool seen = at.directories.contains(directory) && (flags & O_DIRECTORY) == 0 &&
                    std::strcmp(name, "LOCK") != 0;
  const bool existed = seen && ::faccessat(directory, name, F_OK, 0) == 0;
  const auto opened = static_cast<int>(call(SYS_openat, directory, name, flags, mode));
  if (opened < 0 || !seen) return opened;
  watch_file(at, opened, (flags & O_TRUNC) != 0);
  if (!existed) at.names.push_back({++at.count, Act::created, name, {}, {}});
  return opened;
}

int close(int descriptor) {
  Disk& at = disk();
  const std::lock_guard lock(at.mutex);
  at.directories.erase(descriptor);
  File* const file = watched(at, descriptor);
  at.open.erase(descriptor);
  const bool done = file != nullptr && !file->unflushed && !at.lies &&
                    std::none_of(at.open.begin(), at.open.end(),
                                 [&](const auto& other) { return other.second == file; });
  if (done) {
    call(SYS_close, file->descriptor);
    at.files.remove_if([&](const File& one) { return &one == file; });
  }
  return static_cast<int>(call(SYS_close, descriptor));
}

ssize_t pwrite(int descriptor, const void* bytes, size_t size, off_t offset) {
  Disk& at = disk();
  const std::lock_guard lock(at.mutex);
  if (File* const file = watched(at, descriptor)) {
    Write write{++at.count, file, static_cast<std::uint64_t>(offset), size, {}};
    const std::uint64_t reach = size_of(descriptor);
    if (write.offset < reach) {
      write.before.resize(std::min<std::uint64_t>(size, reach - write.offset));
      call(SYS_pread64, file->descriptor, write.before.data(), write.before.size(), offset);
    }
    file->unflushed = true;
    at.writes.push_back(std::move(write));
  }
  return call(SYS_pwrite64, descriptor, bytes, size, offset);
}

int renameat(int from_directory, const char* from, int to_directory, const char* to) {
  Disk& at = disk();
  const std::lock_guard lock(at.mutex);
  if (at.directories.contains(to_directory)) {
    NameChange change{++at.count, Act::renamed, from, to, {}};
    if (::faccessat(to_directory, to, F_OK, 0) == 0) {
      change.saved = saved_path(at, std::to_string(change.number));
      call(SYS_unlinkat, AT_FDCWD, change.saved.c_str(), 0);
      call(SYS_linkat, to_directory, to, AT_FDCWD, change.saved.c_str(), 0);
    }
    at.names.push_back(std::move(change));
  }
  return static_cast<int>(call(SYS_renameat, from_directory, from, to_directory, to));
}

int unlinkat(int directory, const char* name, int flags) {
  Disk& at = disk();
  const std::lock_guard lock(at.mutex);
  if (!at.directories.contains(directory)) {
    return static_cast<int>(call(SYS_unlinkat, directory, name, flags));
  }
  NameChange change{++at.count, Act::removed, name, {}, {}};
  change.saved = saved_path(at, std::to_string(change.number));
  const long moved = call(SYS_renameat, directory, name, AT_FDCWD, change.saved.c_str());
  if (moved == 0) at.names.push_back(std::move(change));
  return static_cast<int>(moved);
}

int fdatasync(int descriptor) { return flush(SYS_fdatasync, descriptor); }
int fsync(int descriptor) { return flush(SYS_fsync, descriptor); }

// pawld does not write its files by these. Should it begin to, this disk must learn them.
ssize_t write(int descriptor, const void* bytes, size_t size) {
  refuse(descriptor, "write on a watched file");
  return call(SYS_write, descriptor, bytes, size);
}
ssize_t writev(int descriptor, const struct iovec* parts, int count) {
  refuse(descriptor, "writev on a watched file");
  return call(SYS_writev, descriptor, parts, count);
}
ssize_t pwritev(int descriptor, const struct iovec* parts, int count, off_t offset) {
  refuse(descriptor, "pwritev on a watched file");
  return call(SYS_pwritev, descriptor, parts, count, offset, 0);
}
int ftruncate(int descriptor, off_t size) {
  refuse(descriptor, "ftruncate on a watched file");
  return static_cast<int>(call(SYS_ftruncate, descriptor, size));
}
}
