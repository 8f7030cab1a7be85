// SPDX-License-Identifier: Apache-2.0
#include "server/tls/certificate.hpp"

#include <openssl/x509v3.h>

#include "server/tls/openssl.hpp"

namespace pawl::server::tls {
namespace {

constexpr std::string_view scheme = "pawl://";

// `visit` each URI that begins with the scheme.
template <class Visit>
void each_node(const X509* certificate, Visit visit) {
  const Owned<GENERAL_NAMES, GENERAL_NAMES_free> names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    int kind = 0;
    const void* const value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names.get(), i), &kind);
    if (kind != GEN_URI) continue;
    const auto* const text = static_cast<const ASN1_STRING*>(value);
    const std::string_view uri(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                               static_cast<std::size_t>(ASN1_STRING_length(text)));
    if (uri.starts_with(scheme)) visit(uri);
  }
}

}  // namespace

std::string node_uri(std::string_view cluster, std::string_view node) {
  return std::string(scheme) + std::string(cluster) + '/' + std::string(node);
}

bool names_node(const X509* certificate, std::string_view uri) {
  bool found = false;
  each_node(certificate, [&](std::string_view named) { found = found || named == uri; });
  return found;
}

std::string nodes_named(const X509* certificate) {
  std::string all;
  each_node(certificate, [&](std::string_view named) {
    all += all.empty() ? "" : " ";
    all += named;
  });
  return all;
}

std::optional<std::string> user_named(const X509* certificate) {
  if (!nodes_named(certificate).empty()) return std::nullopt;
  const X509_NAME* const subject = X509_get_subject_name(certificate);
  const int first = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (first < 0 || X509_NAME_get_index_by_NID(subject, NID_commonName, first) >= 0) {
    return std::nullopt;
  }
  const ASN1_STRING* const value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, first));
  unsigned char* bytes = nullptr;
  const int size = ASN1_STRING_to_UTF8(&bytes, value);
  if (size < 0) {
    static_cast<void>(take_failure());
    return std::nullopt;
  }
  std::string user(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  if (user.empty() || user.find('\0') != std::string::npos) return std::nullopt;
  return user;
}

}  // namespace pawl::server::tls
