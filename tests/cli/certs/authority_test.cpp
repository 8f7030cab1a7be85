// SPDX-License-Identifier: Apache-2.0
//
// Judged by OpenSSL as the other end of a connection would.
#include "cli/certs/authority.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <memory>
#include <set>
#include <string>

namespace {

using namespace pawl::certs;
using namespace std::chrono_literals;
using std::chrono::system_clock;

struct Free {
  void operator()(BIO* object) const { BIO_free_all(object); }
  void operator()(X509* object) const { X509_free(object); }
  void operator()(X509_STORE* object) const { X509_STORE_free(object); }
  void operator()(X509_STORE_CTX* object) const { X509_STORE_CTX_free(object); }
  void operator()(EVP_PKEY* object) const { EVP_PKEY_free(object); }
  void operator()(GENERAL_NAMES* object) const { GENERAL_NAMES_free(object); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

Validity a_day() { return {system_clock::now() - 1h, system_clock::now() + 24h}; }

template <class T>
T take(Made<T> made) {
  if (made.has_error()) FAIL(made.error().why);
  return *std::move(made);
}

Authority new_authority() { return take(Authority::create("pawl CA of test", a_day())); }

Owned<BIO> reader_of(const std::string& pem) {
  return Owned<BIO>(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

Owned<X509> read_certificate(const std::string& pem) {
  return Owned<X509>(PEM_read_bio_X509(reader_of(pem).get(), nullptr, nullptr, nullptr));
}

Owned<EVP_PKEY> read_key(const std::string& pem) {
  return Owned<EVP_PKEY>(PEM_read_bio_PrivateKey(reader_of(pem).get(), nullptr, nullptr, nullptr));
}

// X509_V_OK, or what is wrong.
int verify(const Credentials& credentials, const Authority& by, int purpose) {
  const Owned<X509> certificate = read_certificate(credentials.certificate);
  const Owned<X509> ca = read_certificate(by.credentials().certificate);
  const Owned<X509_STORE> store(X509_STORE_new());
  X509_STORE_add_cert(store.get(), ca.get());
  X509_STORE_set_flags(store.get(), X509_V_FLAG_X509_STRICT);
  X509_STORE_set_purpose(store.get(), purpose);
  const Owned<X509_STORE_CTX> context(X509_STORE_CTX_new());
  X509_STORE_CTX_init(context.get(), store.get(), certificate.get(), nullptr);
  X509_verify_cert(context.get());
  return X509_STORE_CTX_get_error(context.get());
}

std::set<std::string> names_of(const Credentials& credentials) {
  const Owned<X509> certificate = read_certificate(credentials.certificate);
  const Owned<GENERAL_NAMES> names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate.get(), NID_subject_alt_name, nullptr, nullptr)));
  std::set<std::string> found;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    int kind = 0;
    const auto* value = static_cast<const ASN1_STRING*>(
        GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names.get(), i), &kind));
    const std::string text(reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
                           static_cast<std::size_t>(ASN1_STRING_length(value)));
    found.insert((kind == GEN_URI ? "URI:" : kind == GEN_DNS ? "DNS:" : "IP:") + text);
  }
  return found;
}

bool matches_host(const Credentials& credentials, const char* host) {
  return X509_check_host(read_certificate(credentials.certificate).get(), host, 0, 0, nullptr) == 1;
}

bool matches_address(const Credentials& credentials, const char* address) {
  return X509_check_ip_asc(read_certificate(credentials.certificate).get(), address, 0) == 1;
}

const NodeName a_node{"prod", "n1", {"db1.example", "10.0.0.1", "::1"}};

}  // namespace

TEST_CASE("a node's certificate is good for both ends of a connection") {
  const Authority authority = new_authority();
  const Credentials node = take(authority.issue_node(a_node, a_day()));
  CHECK(verify(node, authority, X509_PURPOSE_SSL_SERVER) == X509_V_OK);
  CHECK(verify(node, authority, X509_PURPOSE_SSL_CLIENT) == X509_V_OK);
}

TEST_CASE("a node's certificate names the node, and the hosts it is called by") {
  const Credentials node = take(new_authority().issue_node(a_node, a_day()));
  CHECK(names_of(node).contains("URI:pawl://prod/n1"));
  CHECK(names_of(node).size() == 4);
  CHECK(matches_host(node, "db1.example"));
  CHECK_FALSE(matches_host(node, "db2.example"));
  CHECK(matches_address(node, "10.0.0.1"));
  CHECK(matches_address(node, "::1"));
  CHECK_FALSE(matches_address(node, "10.0.0.2"));
}

TEST_CASE("a client's certificate names its user, is no server's and no node's") {
  const Authority authority = new_authority();
  const Credentials client = take(authority.issue_client("ci", a_day()));
  CHECK(verify(client, authority, X509_PURPOSE_SSL_CLIENT) == X509_V_OK);
  CHECK(verify(client, authority, X509_PURPOSE_SSL_SERVER) == X509_V_ERR_INVALID_PURPOSE);
  CHECK(names_of(client).empty());
  std::string name(64, '\0');
  const Owned<X509> certificate = read_certificate(client.certificate);
  const int size = X509_NAME_get_text_by_NID(X509_get_subject_name(certificate.get()),
                                             NID_commonName, name.data(), 64);
  CHECK(name.substr(0, static_cast<std::size_t>(size)) == "ci");
}

TEST_CASE("the key of each is its own, of P-256") {
  const Authority authority = new_authority();
  const Credentials one = take(authority.issue_client("ci", a_day()));
  const Credentials other = take(authority.issue_client("ci", a_day()));
  const Owned<X509> certificate = read_certificate(one.certificate);
  CHECK(X509_check_private_key(certificate.get(), read_key(one.key).get()) == 1);
  CHECK(X509_check_private_key(certificate.get(), read_key(other.key).get()) == 0);
  ERR_clear_error();
  CHECK(EVP_PKEY_get_bits(read_key(one.key).get()) == 256);
  CHECK(one.certificate != other.certificate);
}

TEST_CASE("a certificate of another authority of the same name is refused") {
  const Authority authority = new_authority();
  const Credentials node = take(new_authority().issue_node(a_node, a_day()));
  CHECK(verify(node, authority, X509_PURPOSE_SSL_SERVER) != X509_V_OK);
}

TEST_CASE("a certificate is valid for the time given") {
  const Authority authority = new_authority();
  const auto now = system_clock::now();
  const Credentials old = take(authority.issue_client("ci", {now - 2h, now - 1h}));
  CHECK(verify(old, authority, X509_PURPOSE_SSL_CLIENT) == X509_V_ERR_CERT_HAS_EXPIRED);
  const Credentials early = take(authority.issue_client("ci", {now + 1h, now + 2h}));
  CHECK(verify(early, authority, X509_PURPOSE_SSL_CLIENT) == X509_V_ERR_CERT_NOT_YET_VALID);
  CHECK(authority.issue_client("ci", {now, now}).has_error());
}

TEST_CASE("an authority that was kept goes on where it was") {
  const Authority first = new_authority();
  const Authority again = take(Authority::load(first.credentials()));
  const Credentials node = take(again.issue_node(a_node, a_day()));
  CHECK(verify(node, first, X509_PURPOSE_SSL_SERVER) == X509_V_OK);
}

TEST_CASE("what is no authority is not loaded, and it is said why") {
  const Authority authority = new_authority();
  const Credentials client = take(authority.issue_client("ci", a_day()));
  const auto why = [](const Credentials& credentials) {
    return Authority::load(credentials).error().why;
  };
  CHECK(why(client) == "the certificate may not sign others");
  CHECK(why({authority.credentials().certificate, client.key}).find("the key is not that") == 0);
  CHECK(why({"", client.key}).find("the certificate cannot be read") == 0);
  CHECK(why({authority.credentials().certificate, "-----BEGIN"}).find("the key cannot be read") ==
        0);
}

TEST_CASE("a name cannot smuggle in another") {
  const Authority authority = new_authority();
  const auto why = [&](const NodeName& name) {
    return authority.issue_node(name, a_day()).error().why;
  };
  CHECK(why({"prod", "n1/x", {}}) == "'n1/x' is not the name of a node");
  CHECK(why({"", "n1", {}}) == "'' is not the name of a cluster");
  CHECK(why({"prod", "n1", {"a,URI:pawl://prod/n2"}}).find("neither a host name") !=
        std::string::npos);
  CHECK(authority.issue_client("", a_day()).has_error());
  CHECK(authority.issue_client(std::string(65, 'u'), a_day()).has_error());
}
