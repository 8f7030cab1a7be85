// SPDX-License-Identifier: Apache-2.0
#include "disk/data_directory.hpp"

#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "journal/preamble.hpp"
#include "journal/record.hpp"

namespace pawl::testing {
namespace {

std::fstream open_file(const std::string& path) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  if (!file) throw std::runtime_error("cannot open " + path);
  return file;
}

}  // namespace

Outcome run(const Words& words, const Words& environment) {
  Process process(words, environment);
  const int code = process.wait();
  return {code, process.output()};
}

bool may_mount() {
  return run({"/usr/bin/unshare", "-m", "/bin/sh", "-c", "mount -t tmpfs none /mnt"}).code == 0;
}

std::string ask(LineClient& client, std::string_view line) {
  client.send(line);
  return client.read_line();
}

std::uint64_t number_of(const std::string& reply, std::string_view key) {
  const std::string word = ' ' + std::string(key) + '=';
  const std::size_t at = reply.find(word);
  if (at == std::string::npos) throw std::runtime_error("no" + word + " in: " + reply);
  std::uint64_t number = 0;
  std::from_chars(reply.data() + at + word.size(), reply.data() + reply.size(), number);
  return number;
}

std::unique_ptr<Daemon> DataDirectory::start(const Words& options, const Words& environment,
                                             const Words& wrapper) const {
  Words words{"--set", "data_dir=" + path()};
  words.insert(words.end(), options.begin(), options.end());
  return std::make_unique<Daemon>(words, environment, wrapper);
}

Outcome DataDirectory::pawld(Words words, Words wrapper) const {
  wrapper.insert(wrapper.end(), {PAWLD_PROGRAM, "--set", "data_dir=" + path(), "--set",
                                 "listen.client=127.0.0.1:0", "--set", "listen.http=none"});
  wrapper.insert(wrapper.end(), words.begin(), words.end());
  return run(wrapper);
}

std::string DataDirectory::file(std::string_view prefix) const {
  std::string found;
  for (const auto& entry : std::filesystem::directory_iterator(path())) {
    if (!entry.path().filename().string().starts_with(prefix)) continue;
    if (!found.empty()) throw std::runtime_error("several files: " + std::string(prefix));
    found = entry.path().string();
  }
  if (found.empty()) throw std::runtime_error("no file: " + std::string(prefix));
  return found;
}

void DataDirectory::flip(const std::string& path, std::uint64_t offset) const {
  std::fstream file = open_file(path);
  file.seekg(static_cast<std::streamoff>(offset));
  const char byte = static_cast<char>(file.get() ^ 1);
  file.seekp(static_cast<std::streamoff>(offset));
  file.put(byte);
}

std::vector<std::uint64_t> DataDirectory::batches(const std::string& path) const {
  std::vector<std::uint64_t> offsets;
  std::fstream file = open_file(path);
  std::array<char, journal::sector_bytes> sector{};
  for (std::uint64_t at = 0; file.read(sector.data(), sector.size()); at += sector.size()) {
    if (std::string_view(sector.data(), sector.size()).starts_with(journal::batch_magic)) {
      offsets.push_back(at);
    }
  }
  return offsets;
}

void DataDirectory::make_newer(const std::string& path,
                               const std::vector<std::uint64_t>& preambles) const {
  for (const std::uint64_t offset : preambles) {
    std::array<std::byte, journal::preamble_bytes> bytes{};
    std::fstream file = open_file(path);
    file.seekg(static_cast<std::streamoff>(offset));
    file.read(reinterpret_cast<char*>(bytes.data()), bytes.size());
    journal::store32(bytes, 8, 99);
    const std::uint64_t sum = journal::checksum(journal::Bytes(bytes).first(12), 0);
    journal::store32(bytes, 12, static_cast<std::uint32_t>(sum));
    file.seekp(static_cast<std::streamoff>(offset));
    file.write(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
}

}  // namespace pawl::testing
