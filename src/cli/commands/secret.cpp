// SPDX-License-Identifier: Apache-2.0
//
// Makes a secret of 128 random bits: what the user keeps, and what the server is to know of it.
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <array>
#include <memory>
#include <span>

#include "cli/arguments.hpp"
#include "cli/commands/families.hpp"
#include "cli/failure.hpp"
#include "cli/output.hpp"
#include "cli/text/describe.hpp"

namespace pawl::cli {
namespace {

constexpr std::size_t secret_bytes = 16;

std::string hex(std::span<const unsigned char> bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : bytes) {
    text += digits[byte >> 4U];
    text += digits[byte & 15U];
  }
  return text;
}

std::string make_secret() {
  std::array<unsigned char, secret_bytes> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) {
    throw Failure(exit_refused, "this system has no random numbers to give");
  }
  return hex(bytes);
}

std::string sha256(const std::string& text) {
  std::array<unsigned char, 32> digest{};
  if (EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha256(), nullptr) != 1) {
    throw Failure(exit_refused, "no SHA-256 in the OpenSSL of this system");
  }
  return hex(digest);
}

// The secret alone goes to stdout, so that a redirection keeps nothing else.
int secret(const Globals& globals, const std::string& user) {
  const std::string made = make_secret();
  const std::string digest = sha256(made);
  if (globals.json()) {
    print(Json{{"user", user}, {"secret", made}, {"secret_sha256", digest}}.dump() + "\n");
    return exit_ok;
  }
  say("for pawld.yaml, below security.users, with the roles that are meant:");
  say("  - {name: " + user + ", secret_sha256: " + digest + ", roles: []}");
  print(made + "\n");
  return exit_ok;
}

}  // namespace

void add_secret(Program& program) {
  auto user = std::make_shared<std::string>();
  CLI::App& command = program.add(
      "secret", "Make a secret for a user: prints it, and the line for the server's configuration",
      "  pawl secret ci                                 the line for pawld.yaml is on stderr\n"
      "  (umask 077; pawl secret ci > ci.secret)\n"
      "  pawl --user ci --secret-file ci.secret ls\n"
      "It is kept nowhere else: the server knows its SHA-256 only, and who loses it makes "
      "another.\n",
      [user](const Globals& globals) { return secret(globals, *user); });
  add_name(command, "USER", *user, "whose it is to be")->required();
}

}  // namespace pawl::cli
