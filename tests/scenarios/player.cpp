// SPDX-License-Identifier: Apache-2.0
#include "scenarios/player.hpp"

#include <catch2/catch.hpp>

#include "scenarios/transcript.hpp"
#include "scenarios/world.hpp"

namespace pawl::testing {
namespace {

// "$later > $earlier", "$left < 400"
bool holds(const std::string& comparison, const Captures& captures) {
  const std::size_t sign = comparison.find_first_of("<>");
  const auto value = [&](const std::string& text) {
    return std::stoull(written_out(text, captures));
  };
  const auto left = value(comparison.substr(0, sign - 1));
  const auto right = value(comparison.substr(sign + 2));
  return comparison[sign] == '>' ? left > right : left < right;
}

std::string shown(const std::optional<std::string>& line) { return line ? *line : "nothing"; }

class Player {
 public:
  explicit Player(World& world) : world_(world) {}

  // Empty: as written.
  std::string play(const Step& step) {
    using Kind = Step::Kind;
    switch (step.kind) {
      case Kind::set: break;
      case Kind::connect: world_.connect(step.who); break;
      case Kind::disconnect: world_.disconnect(step.who); break;
      case Kind::end_input: world_.end_input(step.who); break;
      case Kind::send: world_.send(step.who, written_out(step.text, captures_)); break;
      case Kind::wait: world_.wait(step.span); break;
      case Kind::expect: {
        const auto line = world_.read(step.who);
        if (!line || !matches(step.text, *line, captures_)) return shown(line);
        break;
      }
      case Kind::silence:
        if (const auto line = world_.peek(step.who)) return *line;
        break;
      case Kind::closed:
        if (!world_.is_closed(step.who)) return "it is open";
        break;
      case Kind::compare:
        if (!holds(step.text, captures_)) return written_out(step.text, captures_);
        break;
    }
    return {};
  }

 private:
  World& world_;
  Captures captures_;
};

}  // namespace

std::vector<std::string> settings_of(const Transcript& transcript) {
  std::vector<std::string> settings;
  for (const Step& step : transcript.steps) {
    if (step.kind == Step::Kind::set) settings.push_back(step.text);
  }
  return settings;
}

void play(const Transcript& transcript, World& world) {
  Player player(world);
  for (const Step& step : transcript.steps) {
    const std::string instead = player.play(step);
    if (instead.empty()) continue;
    FAIL(transcript.file << ":" << step.line << ": " << step.who << " " << step.text
                         << "\n  instead: " << instead);
  }
  CHECK_FALSE(transcript.steps.empty());
}

}  // namespace pawl::testing
