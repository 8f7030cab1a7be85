// SPDX-License-Identifier: Apache-2.0
#include "server/tls/files.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string_view>

namespace pawl::server::tls {
namespace {

using std::string_view;

Trouble trouble(string_view key, const std::string& path, string_view what) {
  return {std::string(key) + ": " + printable(path) + ": " + std::string(what)};
}

Loaded<OwnedBio> open(string_view key, const std::string& path) {
  constexpr std::size_t most = 1'048'576;  // far above any chain: a device must not fill the memory
  using File = Owned<std::FILE, std::fclose>;
  const auto unreadable = [&] {
    return trouble(key, path, std::string("cannot be read: ") + std::strerror(errno));
  };
  const File file(std::fopen(path.c_str(), "rb"));
  if (!file) return unreadable();
  OwnedBio bio(BIO_new(BIO_s_mem()));
  std::array<char, 4'096> block{};
  std::size_t size = 0;
  while (const std::size_t count = std::fread(block.data(), 1, block.size(), file.get())) {
    BIO_write(bio.get(), block.data(), static_cast<int>(count));
    size += count;
    if (size > most) return trouble(key, path, "is larger than 1 MiB: not what belongs here");
  }
  if (std::ferror(file.get()) != 0) return unreadable();
  return bio;
}

// Asks nobody at the terminal for a passphrase.
int no_passphrase(char*, int, int, void*) { return -1; }

Loaded<std::vector<OwnedCertificate>> read_certificates(string_view key, const std::string& path) {
  const Loaded<OwnedBio> bio = open(key, path);
  if (!bio) return bio.error();
  std::vector<OwnedCertificate> found;
  for (;;) {
    OwnedCertificate one(PEM_read_bio_X509(bio->get(), nullptr, no_passphrase, nullptr));
    if (!one) break;
    found.push_back(std::move(one));
  }
  // What ends the loop is that no further PEM begins; anything else is damage.
  const bool is_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  const std::string failure = take_failure();
  if (found.empty() && is_end) return trouble(key, path, "holds no certificate in PEM");
  if (!is_end) return trouble(key, path, "holds a damaged certificate: " + failure);
  return found;
}

Loaded<OwnedKey> read_key(string_view key, const std::string& path) {
  const Loaded<OwnedBio> bio = open(key, path);
  if (!bio) return bio.error();
  OwnedKey found(PEM_read_bio_PrivateKey(bio->get(), nullptr, no_passphrase, nullptr));
  if (found) return found;
  static_cast<void>(take_failure());
  return trouble(key, path, "holds no private key in PEM, or an encrypted one");
}

void judge_time(const X509* certificate, string_view key, const std::string& path,
                std::vector<std::string>& warnings) {
  const auto warn = [&](string_view what, const ASN1_TIME* when) {
    const OwnedBio text(BIO_new(BIO_s_mem()));
    ASN1_TIME_print(text.get(), when);
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(text.get(), &bytes);
    warnings.push_back(trouble(key, path, what).why + ' ' +
                       std::string(bytes, static_cast<std::size_t>(size)));
  };
  const ASN1_TIME* const from = X509_get0_notBefore(certificate);
  const ASN1_TIME* const until = X509_get0_notAfter(certificate);
  if (X509_cmp_current_time(until) < 0) warn("has expired:", until);
  if (X509_cmp_current_time(from) > 0) warn("is not valid before", from);
}

}  // namespace

Loaded<Files> read_files(const Tls& settings) {
  Files files;
  Loaded<std::vector<OwnedCertificate>> chain =
      read_certificates("tls.certificate", settings.certificate);
  if (!chain) return chain.error();
  files.chain = *std::move(chain);
  Loaded<OwnedKey> key = read_key("tls.key", settings.key);
  if (!key) return key.error();
  files.key = *std::move(key);
  if (X509_check_private_key(files.chain.front().get(), files.key.get()) != 1) {
    static_cast<void>(take_failure());
    return trouble("tls.key", settings.key,
                   "is not the key of the certificate in " + printable(settings.certificate));
  }
  judge_time(files.chain.front().get(), "tls.certificate", settings.certificate, files.warnings);
  if (settings.ca.empty()) return files;
  Loaded<std::vector<OwnedCertificate>> authorities = read_certificates("tls.ca", settings.ca);
  if (!authorities) return authorities.error();
  files.authorities = *std::move(authorities);
  for (const OwnedCertificate& one : files.authorities) {
    judge_time(one.get(), "tls.ca", settings.ca, files.warnings);
  }
  return files;
}

}  // namespace pawl::server::tls
