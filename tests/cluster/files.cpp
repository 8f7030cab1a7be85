// SPDX-License-Identifier: Apache-2.0
#include "cluster/files.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "cluster/wire.hpp"

namespace pawl::testing {

namespace fs = std::filesystem;

bool says(const Cluster& cluster, std::size_t node, std::string_view what) {
  return cluster.log(node).find(what) != std::string::npos;
}

void await_word(const Cluster& cluster, std::size_t node, std::string_view what) {
  Cluster::await([&] { return says(cluster, node, what); },
                 std::string(what) + '\n' + cluster.logs());
}

std::string newest_file(const std::string& directory, std::string_view prefix) {
  std::string newest;
  for (const auto& entry : fs::directory_iterator(directory)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(prefix)) newest = std::max(newest, name);
  }
  REQUIRE(!newest.empty());
  return directory + '/' + newest;
}

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void put_bytes(const std::string& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  REQUIRE(file.write(bytes.data(), static_cast<std::streamsize>(bytes.size())).flush());
}

void flip(const std::string& path, std::uint64_t offset, std::size_t count) {
  std::string bytes = bytes_of(path);
  REQUIRE(offset + count <= bytes.size());
  for (std::size_t i = 0; i < count; ++i) bytes[offset + i] = static_cast<char>(~bytes[offset + i]);
  put_bytes(path, bytes);
}

void flip_the_middle(const std::string& path) {
  const std::size_t end = bytes_of(path).find_last_not_of('\0') + 1;
  REQUIRE(end > 10'000);
  flip(path, end / 2, 64);
}

void outgrow_log(Cluster& cluster, std::size_t primary) {
  constexpr std::size_t at_once = 24;
  const std::string note(1'000, 'n');
  Wire wire(cluster.port(primary));
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{60};
  while (!says(cluster, primary, "snapshot saved")) {
    REQUIRE(std::chrono::steady_clock::now() < until);
    for (int times = 0; times < 50; ++times) {
      std::string lines = "PING";
      for (std::size_t i = 0; i < at_once; ++i) {
        lines += "\nLOCK grow/" + std::to_string(i) + " note=" + note;
      }
      REQUIRE(wire.send(lines));
      lines = "PING";
      for (std::size_t i = 0; i <= at_once; ++i) {
        const std::string reply = wire.read_line(until).value_or("no answer");
        if (i == 0) continue;
        REQUIRE(reply.starts_with("OK token="));
        const std::string token = reply.substr(3, reply.find(' ', 3) - 3);
        lines += "\nUNLOCK grow/" + std::to_string(i - 1) + ' ' + token;
      }
      REQUIRE(wire.send(lines));
      for (std::size_t i = 0; i <= at_once; ++i) {
        REQUIRE(wire.read_line(until).value_or("no answer").starts_with("OK"));
      }
    }
  }
}

}  // namespace pawl::testing
