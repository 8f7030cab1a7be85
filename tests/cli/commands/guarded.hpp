// SPDX-License-Identifier: Apache-2.0
//
// A pawld that wants to know who asks, by a configuration file that a test may write anew; and
// certificates for it, made by pawl itself.
#pragma once

#include <signal.h>
#include <sys/stat.h>

#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "system/process.hpp"
#include "system/temporary_directory.hpp"

namespace pawl::testing {

using Words = std::vector<std::string>;

// What a pawl that is to succeed prints on stdout.
inline std::string printed(const Words& words) {
  Words all{"/bin/sh", "-c", "exec \"$0\" \"$@\" 2>/dev/null", PAWL_PROGRAM};
  all.insert(all.end(), words.begin(), words.end());
  Process process(all);
  if (process.wait() != 0) throw std::runtime_error("pawl failed:\n" + process.output());
  return process.output();
}

class Guarded {
 public:
  // ci may lock what begins with jobs/ or bench/, and look at all.
  explicit Guarded(const std::string& tls = "") : tls_(tls) {
    const std::string made = printed({"secret", "ci", "-o", "json"});
    secret_ = field(made, "secret");
    digest_ = field(made, "secret_sha256");
    std::ofstream(secret_file()) << secret_ << '\n';
    chmod(secret_file().c_str(), 0600);
    configure("ci", "[jobs/, bench/]");
    daemon_.emplace(Words{"-c", directory_.path("pawld.yaml")});
  }

  // From the next start, or reload(), on.
  void configure(const std::string& user, const std::string& lock) const {
    std::ofstream(directory_.path("pawld.yaml"))
        << "security:\n  roles:\n    - {name: some, lock: " << lock << ", observe: ['']}\n"
        << "  users:\n    - {name: " << user << ", secret_sha256: " << digest_
        << ", roles: [some]}\n"
        << tls_;
  }
  void reload() {
    kill(daemon_->process().pid(), SIGHUP);
    while (const auto line = daemon_->process().read_line()) {
      if (line->find("configuration reloaded") != line->npos) return;
    }
    throw std::runtime_error("not reloaded:\n" + daemon_->process().output());
  }

  [[nodiscard]] std::uint16_t port() const { return daemon_->port(); }
  [[nodiscard]] std::string server() const { return "127.0.0.1:" + std::to_string(port()); }
  [[nodiscard]] const std::string& secret() const { return secret_; }
  [[nodiscard]] std::string secret_file() const { return directory_.path("ci.secret"); }
  // Who asks, by options.
  [[nodiscard]] Words as_ci() const { return {"--user", "ci", "--secret-file", secret_file()}; }

 private:
  static std::string field(const std::string& json, const std::string& key) {
    const std::size_t at = json.find("\"" + key + "\":\"") + key.size() + 4;
    return json.substr(at, json.find('"', at) - at);
  }

  TemporaryDirectory directory_;
  std::string tls_;
  std::string secret_;
  std::string digest_;
  std::optional<Daemon> daemon_;
};

// What `pawl certs` makes for one node of this machine, or for another, and for ci.
class CertificateFiles {
 public:
  explicit CertificateFiles(const std::string& hosts = "localhost,127.0.0.1") {
    printed({"certs", path(""), "--node", "n1=" + hosts, "--user", "ci"});
  }
  [[nodiscard]] std::string path(const std::string& name) const {
    return directory_.path("certs/" + name);
  }
  [[nodiscard]] std::string ca() const { return path("ca.pem"); }
  [[nodiscard]] std::string section(const std::string& more = "") const {
    return "tls:\n  certificate: " + path("node-n1.pem") + "\n  key: " + path("node-n1.key") +
           "\n  ca: " + ca() + "\n  clients: only\n" + more;
  }

 private:
  TemporaryDirectory directory_;
};

}  // namespace pawl::testing
