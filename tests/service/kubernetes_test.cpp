// SPDX-License-Identifier: Apache-2.0
//
// config/kubernetes/pawl.yaml: what it says, held against the image, and its nodes against pawld.
#include <sys/stat.h>
#include <yaml-cpp/yaml.h>

#include <catch2/catch.hpp>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "system/process.hpp"
#include "system/temporary_directory.hpp"

using pawl::testing::Process;

namespace {

std::string read(const std::string& name) {
  std::ostringstream text;
  text << std::ifstream(PAWL_SOURCE_DIR "/" + name).rdbuf();
  return text.str();
}

YAML::Node object(const std::string& kind, const std::string& name = "pawl") {
  for (const YAML::Node& document : YAML::LoadAll(read("config/kubernetes/pawl.yaml"))) {
    if (document["kind"].Scalar() == kind && document["metadata"]["name"].Scalar() == name) {
      return document;
    }
  }
  FAIL("no " << kind << ' ' << name);
  return {};
}

YAML::Node pod() { return object("StatefulSet")["spec"]["template"]; }
YAML::Node container() { return pod()["spec"]["containers"][0]; }

std::map<std::string, std::uint16_t> ports(const YAML::Node& list, const char* key) {
  std::map<std::string, std::uint16_t> found;
  for (const YAML::Node& port : list) found[port["name"].Scalar()] = port[key].as<std::uint16_t>();
  return found;
}

const std::map<std::string, std::uint16_t> all_ports{
    {"client", 7295}, {"peer", 7296}, {"http", 7297}};

// Of the pod with that name, as NAME=value.
std::vector<std::string> environment(const std::string& pod_name) {
  std::vector<std::string> words;
  for (const YAML::Node& variable : container()["env"]) {
    const bool is_name = variable["valueFrom"].IsDefined();
    if (is_name) {
      CHECK(variable["valueFrom"]["fieldRef"]["fieldPath"].Scalar() == "metadata.name");
    }
    words.push_back(variable["name"].Scalar() + "=" +
                    (is_name ? pod_name : variable["value"].Scalar()));
  }
  return words;
}

}  // namespace

TEST_CASE("the ports of the pods are those of the image and of pawld") {
  CHECK(ports(container()["ports"], "containerPort") == all_ports);
  CHECK(ports(object("Service", "pawl-nodes")["spec"]["ports"], "port") == all_ports);

  const std::string dockerfile = read("docker/Dockerfile");
  CHECK(dockerfile.find("\nEXPOSE 7295 7296 7297\n") != std::string::npos);
  const std::string defaults = read("config/pawld.yaml");
  for (const auto& [name, port] : all_ports) {
    CHECK(defaults.find("\n  " + name + ": 127.0.0.1:" + std::to_string(port) + "\n") !=
          std::string::npos);
  }
}

TEST_CASE("each pod of Kubernetes is a node of one cluster that pawld takes, open to the others") {
  const YAML::Node set = object("StatefulSet");
  REQUIRE(set["spec"]["replicas"].as<int>() == 3);
  const std::string service = set["spec"]["serviceName"].Scalar();
  CHECK(object("Service", service)["spec"]["clusterIP"].Scalar() == "None");
  for (int i = 0; i < 3; ++i) {
    const std::string name = set["metadata"]["name"].Scalar() + "-" + std::to_string(i);
    Process pawld({PAWLD_PROGRAM, "--print-config"}, environment(name));

    INFO(pawld.output());
    CHECK(pawld.wait() == 0);
    const std::string& config = pawld.output();
    CHECK(config.find("node: " + name + "  # environment") != std::string::npos);
    const std::string host = name + "." + service;
    CHECK(config.find("{id: " + name + ", peer: " + host + ":7296, client: " + host + ":7295}") !=
          std::string::npos);
    for (const auto& [key, port] : all_ports) {
      CHECK(config.find("  " + key + ": 0.0.0.0:" + std::to_string(port)) != std::string::npos);
    }
  }
}

TEST_CASE("pods find each other before they are ready, all start at once, one may be away") {
  const YAML::Node nodes = object("Service", "pawl-nodes")["spec"];
  CHECK(nodes["publishNotReadyAddresses"].as<bool>());
  CHECK(object("StatefulSet")["spec"]["podManagementPolicy"].Scalar() == "Parallel");
  CHECK(object("PodDisruptionBudget")["spec"]["maxUnavailable"].as<int>() == 1);
  const std::string label = pod()["metadata"]["labels"]["app"].Scalar();
  CHECK(nodes["selector"]["app"].Scalar() == label);
  for (const char* const kind : {"StatefulSet", "PodDisruptionBudget"}) {
    CHECK(object(kind)["spec"]["selector"]["matchLabels"]["app"].Scalar() == label);
  }
}

TEST_CASE("probes ask the port of HTTP; whether a pod lives is no matter of the majority") {
  for (const auto& [probe, path] :
       std::map<std::string, std::string>{{"livenessProbe", "/livez"},
                                          {"startupProbe", "/livez"},
                                          {"readinessProbe", "/readyz"}}) {
    CHECK(container()[probe]["httpGet"]["path"].Scalar() == path);
    CHECK(container()[probe]["httpGet"]["port"].Scalar() == "http");
  }
}

TEST_CASE("the pod runs as the image's user, may write to its volume only, and has time to drain") {
  const std::string dockerfile = read("docker/Dockerfile");
  const YAML::Node spec = pod()["spec"];
  const std::string user = spec["securityContext"]["runAsUser"].Scalar();
  CHECK(dockerfile.find("--uid " + user + " ") != std::string::npos);
  CHECK(spec["securityContext"]["runAsNonRoot"].as<bool>());
  CHECK(container()["securityContext"]["readOnlyRootFilesystem"].as<bool>());
  const std::string path = container()["volumeMounts"][0]["mountPath"].Scalar();
  CHECK(dockerfile.find("\nVOLUME " + path + "\n") != std::string::npos);
  CHECK(spec["terminationGracePeriodSeconds"].as<int>() >= 30);
}

TEST_CASE("pawld makes its directory in a volume that a group may write to") {
  const std::string mount = container()["volumeMounts"][0]["mountPath"].Scalar();
  std::string data_dir;
  for (const std::string& word : environment("pawl-0")) {
    if (word.starts_with("PAWL_DATA_DIR=")) data_dir = word.substr(word.find('=') + 1);
  }
  REQUIRE(data_dir.starts_with(mount + "/"));
  CHECK(pod()["spec"]["securityContext"]["fsGroupChangePolicy"].Scalar() == "OnRootMismatch");
  // What fsGroup makes of a volume.
  const pawl::testing::TemporaryDirectory volume;
  REQUIRE(::chmod(volume.path().c_str(), 02775) == 0);

  Process itself({PAWLD_PROGRAM, "--set", "listen.client=127.0.0.1:0", "--set", "listen.http=none",
                  "--set", "data_dir=" + volume.path()});
  CHECK(itself.wait() == 77);
  pawl::testing::Daemon within(
      {"--set", "data_dir=" + volume.path(data_dir.substr(mount.size() + 1))});
  within.process().terminate();
  CHECK(within.process().wait() == 0);
}

TEST_CASE(
    "before it stops, a pod hands over if it is primary, and leaves the primary alone if not") {
  const std::string role = GENERATE("primary", "standby");
  const pawl::testing::TemporaryDirectory directory;
  const std::string stub = directory.path("pawl");
  std::ofstream(stub) << "#!/bin/sh\n[ $1 = send ] && echo OK server=pawld role=" << role
                      << " || echo asked to $1\n";
  std::filesystem::permissions(stub, std::filesystem::perms::owner_all);
  std::vector<std::string> words{"/usr/bin/env", "PATH=" + directory.path() + ":/usr/bin:/bin"};
  for (const YAML::Node& word : container()["lifecycle"]["preStop"]["exec"]["command"]) {
    words.push_back(word.Scalar());
  }

  Process pre_stop(words);

  CHECK(pre_stop.wait() == 0);
  CHECK(pre_stop.output() == (role == "primary" ? "asked to handover\n" : ""));
}
