// SPDX-License-Identifier: Apache-2.0
//
// The session in the top README.md is typed into a real pawld: documentation that lies fails here.
#include <catch2/catch.hpp>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "recipes/page.hpp"
#include "system/line_client.hpp"
#include "system/process.hpp"

namespace {

using pawl::testing::Daemon;
using pawl::testing::LineClient;
using pawl::testing::matches;

struct Step {
  char terminal = 'A';
  bool typed = false;  // or expected
  std::string text;
};

// The ```console block that follows the marker. A line that is neither typed nor expected has text
// only, and fails the test that reads it.
std::vector<Step> read_session(std::istream& page) {
  std::vector<Step> steps;
  bool marked = false;
  bool inside = false;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("<!-- Executed by tests/system/readme_test.cpp")) marked = true;
    if (inside && line.starts_with("```")) break;
    if (inside) {
      REQUIRE(line.size() > 3);
      REQUIRE((line[1] == '>' || line[1] == '<'));
      steps.push_back({line[0], line[1] == '>', line.substr(3)});
    }
    if (marked && line == "```console") inside = true;
  }
  return steps;
}

}  // namespace

TEST_CASE("the session in the README is what pawld says") {
  std::ifstream page(PAWL_SOURCE_DIR "/README.md");
  const std::vector<Step> steps = read_session(page);
  REQUIRE(steps.size() >= 10);
  Daemon daemon;
  std::map<char, std::unique_ptr<LineClient>> terminals;

  for (const Step& step : steps) {
    auto& terminal = terminals[step.terminal];
    if (!terminal) terminal = std::make_unique<LineClient>(daemon.port());
    INFO(step.terminal << (step.typed ? "> " : "< ") << step.text);
    if (step.typed) {
      terminal->send(step.text);
    } else {
      const std::string line = terminal->read_line();
      INFO("pawld said: " << line);
      REQUIRE(matches(step.text, line));
    }
  }

  daemon.process().terminate();
  CHECK(daemon.process().wait() == 0);
}
