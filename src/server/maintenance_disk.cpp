// SPDX-License-Identifier: Apache-2.0
//
// pawld --check-disk: how long the disk takes for what each batch of the log asks of it, a write
// into a file of zeros and a flush. It needs no lock: a running pawld only makes it slower.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>

#include "server/clock.hpp"
#include "server/maintenance.hpp"
#include "server/stored_state.hpp"
#include "storage/log.hpp"
#include "storage/posix_directory.hpp"

namespace pawl::server {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t record_bytes = 128;
constexpr std::uint64_t file_bytes = std::uint64_t{1} << 20;
constexpr Span longest = 2s;
constexpr std::size_t most_samples = 20'000;
constexpr Span good_p99 = 10ms;  // etcd's rule of thumb for its log

using Samples = std::vector<Span>;

storage::Result<Samples> measure(storage::File& file) {
  Samples samples;
  std::array<std::byte, record_bytes> record{};
  record.fill(std::byte{0x5a});
  const Moment end = read_clock() + longest;
  Moment begun = read_clock();
  while (samples.size() < most_samples && (begun < end || samples.empty())) {
    const std::uint64_t offset = samples.size() * record_bytes % file_bytes;
    if (const auto done = file.write_at(offset, record); !done) return done.error();
    if (const auto done = file.sync(); !done) return done.error();
    const Moment now = read_clock();
    samples.push_back(now - begun);
    begun = now;
  }
  std::sort(samples.begin(), samples.end());
  return samples;
}

Span quantile(const Samples& sorted, std::size_t per_mille) {
  return sorted[std::min(sorted.size() - 1, sorted.size() * per_mille / 1'000)];
}

std::string in_ms(Span span) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.2f ms",
                std::chrono::duration<double, std::milli>(span).count());
  return text.data();
}

// A bar for each doubling from 1/8 ms.
std::string histogram(const Samples& sorted) {
  constexpr std::size_t width = 50;
  std::string text;
  auto from = sorted.begin();
  for (Span upper = 125us; from != sorted.end(); upper *= 2) {
    const auto to = std::upper_bound(from, sorted.end(), upper);
    const auto count = static_cast<std::size_t>(to - from);
    std::array<char, 64> label{};
    std::snprintf(label.data(), label.size(), "  to %10s %7zu  ", in_ms(upper).c_str(), count);
    const std::size_t bar = (count * width + sorted.size() - 1) / sorted.size();
    text += label.data() + std::string(bar, '#') + '\n';
    from = to;
  }
  return text;
}

std::string verdict(Span p99) {
  const std::string numbers = "p99 is " + in_ms(p99) + ", it should be below " + in_ms(good_p99);
  return p99 < good_p99 ? "good: " + numbers + '\n'
                        : "slow: " + numbers +
                              "; grants will wait for this disk, and other writers on it make it "
                              "worse\n";
}

}  // namespace

Exit check_disk(const Config& config) {
  std::error_code error;
  if (!std::filesystem::is_directory(config.data_dir, error)) {
    return failed({exit_no_input, config.data_dir + ": there is no such directory"});
  }
  auto directory = storage::PosixDirectory::at(config.data_dir);
  if (!directory) return failed(start_failure(directory.error()));
  const std::string name = "check-disk-" + std::to_string(::getpid()) + ".tmp";
  const auto made = storage::make_zero_file(**directory, name, file_bytes);
  if (!made) return failed(start_failure(made.error()));
  auto file = (*directory)->open(name);
  // Without a name it is gone with this process, however that ends.
  static_cast<void>((*directory)->remove(name));
  if (!file) return failed(start_failure(file.error()));
  const auto samples = measure(**file);
  if (!samples) return failed(start_failure(samples.error()));
  std::string text = config.data_dir + ": " + std::to_string(samples->size()) + " writes of " +
                     std::to_string(record_bytes) + " bytes, each flushed\n" + histogram(*samples);
  const std::array<std::pair<const char*, std::size_t>, 5> asked{
      {{"p50", 500}, {"p90", 900}, {"p99", 990}, {"p999", 999}, {"max", 1'000}}};
  for (const auto& [label, per_mille] : asked) {
    text += std::string(label) + ' ' + in_ms(quantile(*samples, per_mille)) + '\n';
  }
  const Span p99 = quantile(*samples, 990);
  return {p99 < good_p99 ? 0 : 1, text + verdict(p99)};
}

}  // namespace pawl::server
