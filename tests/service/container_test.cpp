// SPDX-License-Identifier: Apache-2.0
//
// docker/: what can be judged without building an image; `./dev image` builds it and lets it serve.
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "system/process.hpp"

using pawl::testing::Process;

namespace {

std::string read(const std::string& name) {
  std::ostringstream text;
  text << std::ifstream(PAWL_SOURCE_DIR "/" + name).rdbuf();
  return text.str();
}

// The words of an instruction in its JSON form; of the last one, the stage that runs.
std::vector<std::string> instruction(const std::string& name) {
  const std::string text = read("docker/Dockerfile");
  const std::size_t at = text.rfind("\n" + name);
  REQUIRE(at != std::string::npos);
  const std::size_t from = text.find('[', at);
  return YAML::Load(text.substr(from, text.find('\n', from) - from)).as<std::vector<std::string>>();
}

// With what `<<` brings in, as yaml-cpp leaves it to its callers.
YAML::Node merged(const YAML::Node& map) {
  YAML::Node all = map["<<"].IsDefined() ? YAML::Clone(map["<<"]) : YAML::Node(YAML::NodeType::Map);
  for (const auto& pair : map) {
    if (pair.first.Scalar() != "<<") all[pair.first.Scalar()] = pair.second;
  }
  return all;
}

int exit_code_of(std::vector<std::string> words) {
  words[0] = words[0] == "pawld" ? PAWLD_PROGRAM : PAWL_PROGRAM;
  return Process(words).wait();
}

}  // namespace

TEST_CASE("the image starts pawld with options it knows, and checks it by ping") {
  std::vector<std::string> words = instruction("ENTRYPOINT");
  CHECK(words == std::vector<std::string>{"pawld"});
  for (const std::string& word : instruction("CMD")) words.push_back(word);
  words.push_back("--check-config");
  CHECK(exit_code_of(words) == 0);

  CHECK(read("docker/Dockerfile").find("\nHEALTHCHECK ") != std::string::npos);
  std::vector<std::string> health = instruction("HEALTHCHECK");
  CHECK(health == std::vector<std::string>{"pawl", "ping"});
  health.push_back("--help");
  CHECK(exit_code_of(health) == 0);
}

TEST_CASE("the image runs as nobody in particular, on a volume") {
  const std::string text = read("docker/Dockerfile");
  const std::size_t user = text.rfind("\nUSER ");
  REQUIRE(user != std::string::npos);
  CHECK(text.substr(user + 6, 5) == "pawl\n");
  CHECK(user < text.rfind("\nENTRYPOINT "));
  CHECK(text.find("\nVOLUME /var/lib/pawl\n") != std::string::npos);
}

TEST_CASE("compose starts that image, reachable from this machine only, its data in a volume") {
  const YAML::Node file = YAML::Load(read("docker/compose.yaml"));
  const std::string name = GENERATE("pawl", "n1", "n2", "n3");
  const YAML::Node service = merged(file["services"][name]);
  REQUIRE(service.IsMap());

  // Paths are relative to the file.
  const std::string context = "docker/" + service["build"]["context"].as<std::string>() + "/";
  CHECK_FALSE(read(context + service["build"]["dockerfile"].as<std::string>()).empty());
  CHECK(service["command"].as<std::vector<std::string>>() == instruction("CMD"));
  CHECK(service["ports"].size() >= 1);
  for (const YAML::Node& port : service["ports"]) {
    CHECK(port.as<std::string>().starts_with("127.0.0.1:"));
  }
  CHECK(service["volumes"].size() == 1);
  for (const YAML::Node& volume : service["volumes"]) {
    const auto words = volume.as<std::string>();
    CHECK(words.ends_with(":/var/lib/pawl"));
    CHECK(file["volumes"][words.substr(0, words.find(':'))].IsDefined());
  }
  // Without a name given, the one node alone is started.
  CHECK(service["profiles"].IsDefined() == (name != "pawl"));
}

TEST_CASE("the three nodes of compose are one cluster that pawld takes") {
  const YAML::Node file = YAML::Load(read("docker/compose.yaml"));
  for (const std::string name : {"n1", "n2", "n3"}) {
    const YAML::Node service = merged(file["services"][name]);
    std::vector<std::string> variables;
    for (const auto& variable : merged(service["environment"])) {
      variables.push_back(variable.first.Scalar() + "=" + variable.second.Scalar());
    }
    CHECK(std::count(variables.begin(), variables.end(), "PAWL_NODE=" + name) == 1);
    std::vector<std::string> words{PAWLD_PROGRAM};
    for (const std::string& word : instruction("CMD")) words.push_back(word);
    words.push_back("--print-config");
    Process process(words, variables);
    CHECK(process.wait() == 0);
    CHECK(process.output().find("{id: " + name + ", peer: " + name + ":7296, client: " + name +
                                ":7295}") != std::string::npos);
    CHECK(process.output().find("  peer: 0.0.0.0:7296  # environment") != std::string::npos);
    // A name that is not its own would be refused on the port of HTTP.
    CHECK(service["hostname"].as<std::string>() == name);
  }
}

TEST_CASE(
    "in the profile metrics Prometheus watches the three nodes, and Grafana shows what it saw") {
  const YAML::Node services = YAML::Load(read("docker/compose.yaml"))["services"];
  for (const std::string name : {"prometheus", "grafana"}) {
    const YAML::Node service = services[name];
    CHECK(service["profiles"].as<std::vector<std::string>>() ==
          std::vector<std::string>{"metrics"});
    CHECK(service["ports"][0].Scalar().starts_with("127.0.0.1:"));
    for (const YAML::Node& volume : service["volumes"]) {
      const std::string words = volume.Scalar();
      if (!words.starts_with("..")) continue;
      CHECK(std::filesystem::exists(PAWL_SOURCE_DIR "/docker/" + words.substr(0, words.find(':'))));
      CHECK(words.ends_with(":ro"));
    }
  }

  std::vector<std::string> nodes;
  for (const std::string name : {"n1", "n2", "n3"}) {
    const YAML::Node environment = merged(merged(services[name])["environment"]);
    CHECK(environment["PAWL_LISTEN_HTTP"].Scalar() == "0.0.0.0:7297");
    nodes.push_back(name + ":7297");
  }
  const YAML::Node watched = YAML::Load(read("config/prometheus/prometheus.yaml"));
  CHECK(
      watched["scrape_configs"][0]["static_configs"][0]["targets"].as<std::vector<std::string>>() ==
      nodes);
  const YAML::Node shown = YAML::Load(read("config/grafana/provisioning/dashboards/pawl.yaml"));
  CHECK(services["grafana"]["volumes"][1].Scalar().find(
            ":" + shown["providers"][0]["options"]["path"].Scalar() + "/") != std::string::npos);
  const YAML::Node source =
      YAML::Load(read("config/grafana/provisioning/datasources/prometheus.yaml"));
  CHECK(source["datasources"][0]["url"].Scalar() == "http://prometheus:9090");
}

TEST_CASE("what the build makes is not sent to the image's build") {
  std::istringstream lines(read(".dockerignore"));
  std::vector<std::string> ignored;
  for (std::string line; std::getline(lines, line);) ignored.push_back(line);
  for (const char* const name : {"build", ".git"}) {
    CHECK(std::count(ignored.begin(), ignored.end(), name) == 1);
  }
}
