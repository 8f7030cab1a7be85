// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <stdexcept>

#include "node/core.hpp"
#include "scenarios/play.hpp"
#include "scenarios/player.hpp"
#include "server/config/keys.hpp"

namespace pawl::testing {
namespace {

class CoreWorld final : public World {
 public:
  explicit CoreWorld(const Settings& settings) : core_(settings, Flushing::at_once) {}

  void connect(const std::string& who) override { core_.connect(who); }
  void disconnect(const std::string& who) override { core_.disconnect(who); }
  void end_input(const std::string& who) override { core_.end_input(who); }
  void send(const std::string& who, std::string_view line) override { core_.send(who, line); }
  std::optional<std::string> read(const std::string& who) override { return core_.read(who); }
  std::optional<std::string> peek(const std::string& who) override { return core_.read(who); }
  bool is_closed(const std::string& who) override { return core_.is_closed(who); }
  void wait(std::chrono::milliseconds span) override { core_.advance(span); }

 private:
  Core core_;
};

Settings configured(const std::vector<std::string>& settings) {
  server::Config config;
  for (const std::string& setting : settings) {
    const std::size_t equals = setting.find('=');
    const server::Key* key = server::find_key(setting.substr(0, equals));
    if (key == nullptr) throw std::runtime_error("no such setting: " + setting);
    if (const auto wrong = server::parse_value(*key, setting.substr(equals + 1), config)) {
      throw std::runtime_error(setting + ": " + wrong->why);
    }
  }
  return config.core;
}

}  // namespace

void play_against_node(const std::string& path) {
  const Transcript transcript = read_transcript(path);
  Settings settings = configured(settings_of(transcript));
  for (const Durability durability : {Durability::none, Durability::fsync}) {
    INFO((durability == Durability::none ? "durability none" : "durability fsync"));
    settings.durability = durability;
    CoreWorld world(settings);
    play(transcript, world);
  }
}

}  // namespace pawl::testing
