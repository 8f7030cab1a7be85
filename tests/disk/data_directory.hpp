// SPDX-License-Identifier: Apache-2.0
//
// A data directory that outlives the pawlds started on it, one after the other; what stands in its
// files can be looked up and spoilt.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "system/line_client.hpp"
#include "system/process.hpp"

namespace pawl::testing {

using Words = std::vector<std::string>;

struct Outcome {
  int code = 0;
  std::string output;
  [[nodiscard]] bool says(std::string_view text) const {
    return output.find(text) != std::string::npos;
  }
};

// Runs a program to its end.
[[nodiscard]] Outcome run(const Words& words, const Words& environment = {});
// May we mount, as the tests of full and read-only disks do? If not, the test says so.
[[nodiscard]] bool may_mount();

// One line in, one line out.
[[nodiscard]] std::string ask(LineClient& client, std::string_view line);
// The number behind key= in a reply.
[[nodiscard]] std::uint64_t number_of(const std::string& reply, std::string_view key);

class DataDirectory {
 public:
  [[nodiscard]] std::string path() const { return directory_.path("data"); }
  [[nodiscard]] std::string beside(const std::string& name) const { return directory_.path(name); }

  [[nodiscard]] std::unique_ptr<Daemon> start(const Words& options = {},
                                              const Words& environment = {},
                                              const Words& wrapper = {}) const;
  // pawld with these words, to its end.
  [[nodiscard]] Outcome pawld(Words words = {}, Words wrapper = {}) const;

  [[nodiscard]] std::string file(std::string_view prefix) const;  // the only one named so; its path
  void flip(const std::string& file, std::uint64_t offset) const;
  // Offsets of the batches in a segment.
  [[nodiscard]] std::vector<std::uint64_t> batches(const std::string& file) const;
  // As a newer program would have written it.
  void make_newer(const std::string& file, const std::vector<std::uint64_t>& preambles) const;

 private:
  TemporaryDirectory directory_;
};

}  // namespace pawl::testing
