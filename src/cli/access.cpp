// SPDX-License-Identifier: Apache-2.0
#include "cli/access.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "cli/failure.hpp"
#include "cli/text/printable.hpp"

namespace pawl::cli {
namespace {

std::string secret_in(const std::string& path) {
  errno = 0;
  std::ifstream file(path);
  std::string secret;
  std::getline(file, secret, '\0');
  if (!file.is_open() || file.bad()) {
    throw Failure(exit_usage,
                  "cannot read the secret in " + printable(path) + ": " + std::strerror(errno));
  }
  secret.erase(secret.find_last_not_of("\r\n") + 1);
  if (secret.empty()) throw Failure(exit_usage, "no secret in " + printable(path));
  return secret;
}

std::string secret_of(const AccessWords& words) {
  if (!words.secret_file.empty()) return secret_in(words.secret_file);
  const char* given = std::getenv(secret_variable);
  return given == nullptr ? "" : given;
}

bool is_tls(const AccessWords& words) {
  return words.tls || !words.ca.empty() || !words.certificate.empty() || !words.key.empty();
}

}  // namespace

void add_access_options(CLI::App& app, AccessWords& words) {
  app.add_option("--user", words.user, "the user to be, where the server wants to know who asks")
      ->envname("PAWL_USER")
      ->type_name("WHO");
  app.add_option("--secret-file", words.secret_file, "where the user's secret is")
      ->envname("PAWL_SECRET_FILE")
      ->type_name("FILE");
  app.add_flag("--tls", words.tls, "encrypt, to a server whose certificate is verified")
      ->envname("PAWL_TLS");
  app.add_option("--ca", words.ca, "as --tls, trusting whom this CA has signed [the system's]")
      ->envname("PAWL_CA")
      ->type_name("PEM");
  app.add_option("--cert", words.certificate, "as --tls, with a certificate of the user, and --key")
      ->envname("PAWL_CERT")
      ->type_name("PEM");
  app.add_option("--key", words.key, "key of --cert")->envname("PAWL_KEY")->type_name("PEM");
}

client::Access access_of(const Globals& globals) {
  const AccessWords& words = globals.access;
  client::Access access{words.user, secret_of(words), {}};
  if (!access.user.empty() && access.secret.empty()) {
    throw Failure(exit_usage, "--user needs its secret: --secret-file FILE, or PAWL_SECRET");
  }
  if (access.user.empty() && !access.secret.empty()) {
    throw Failure(exit_usage, "there is a secret, but of whom: --user NAME, or PAWL_USER");
  }
  if (is_tls(words)) access.tls = TlsOptions{words.ca, words.certificate, words.key, {}};
  const std::string problem = client::problem_in(access);
  if (!problem.empty()) throw Failure(exit_usage, printable(problem));
  return access;
}

std::string warning_of_secret(const AccessWords& words) {
  struct stat file {};
  if (words.secret_file.empty() || stat(words.secret_file.c_str(), &file) != 0) return {};
  if ((file.st_mode & S_IROTH) == 0 || !S_ISREG(file.st_mode)) return {};
  return printable(words.secret_file) + " can be read by every user of this machine: chmod o= it";
}

std::vector<std::string> environment_of(const AccessWords& words) {
  std::vector<std::string> variables;
  const auto add = [&variables](const char* name, const std::string& value) {
    if (!value.empty()) variables.push_back(std::string(name) + "=" + value);
  };
  add("PAWL_USER", words.user);
  add("PAWL_SECRET_FILE", words.secret_file);
  add("PAWL_TLS", words.tls ? "on" : "");
  add("PAWL_CA", words.ca);
  add("PAWL_CERT", words.certificate);
  add("PAWL_KEY", words.key);
  return variables;
}

}  // namespace pawl::cli
