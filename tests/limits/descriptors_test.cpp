// SPDX-License-Identifier: Apache-2.0
//
// However many want in, the disk has the descriptors it needs.
#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "limits/ask.hpp"
#include "scale/load.hpp"
#include "system/process.hpp"

namespace pawl::testing {
namespace {

constexpr std::size_t descriptors = 160;
constexpr std::size_t kept = 64;

bool has_snapshot(const std::string& path) {
  for (const auto& entry : std::filesystem::directory_iterator(path)) {
    if (entry.path().filename().string().starts_with("snap")) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("while clients have all descriptors left to them the log goes on, into new files") {
  const TemporaryDirectory data;
  const std::string limit = "ulimit -n " + std::to_string(descriptors) + "; exec \"$0\" \"$@\"";
  const Daemon daemon({"--set", "data_dir=" + data.path()}, {}, {"/bin/sh", "-c", limit});
  Load inside(daemon.port());
  inside.open(descriptors - kept);
  std::vector<std::unique_ptr<LineClient>> outside;
  for (std::size_t i = 0; i < descriptors; ++i) {
    outside.push_back(std::make_unique<LineClient>(daemon.port()));
  }
  CHECK(outside.front()->read_line() == "ERR LIMIT limit=connections msg=\"too many connections\"");

  const std::string note(1'000, 'n');
  constexpr std::size_t rounds = 90'000;  // more than one segment of the log holds
  inside.perform({64,
                  [&, made = std::size_t{0}](std::size_t connection, std::string& out) mutable {
                    if (made++ >= rounds || connection != 0) return;
                    out += "LOCK a" + std::to_string(made) + " ttl=1h note=" + note + "\n";
                  }},
                 1);
  CHECK(inside.first_refusal().empty());
  while (!has_snapshot(data.path())) REQUIRE(inside.refusals() == 0);
  outside.clear();
  inside.perform({1, [asked = false](std::size_t, std::string& out) mutable {
                    if (!std::exchange(asked, true)) out += "LOCK last\n";
                  }});
  CHECK(inside.first_refusal().empty());
}

}  // namespace pawl::testing
