// SPDX-License-Identifier: Apache-2.0
#include "cli/certs/authority.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "base/owned.hpp"

namespace pawl::certs {
namespace {

using Bio = Owned<BIO, BIO_free_all>;
using Key = Owned<EVP_PKEY, EVP_PKEY_free>;
using Certificate = Owned<X509, X509_free>;
using Extension = Owned<X509_EXTENSION, X509_EXTENSION_free>;
using GeneralName = Owned<GENERAL_NAME, GENERAL_NAME_free>;
using GeneralNames = Owned<GENERAL_NAMES, GENERAL_NAMES_free>;
using Number = Owned<BIGNUM, BN_free>;

// Within this file only; what is public gives a Made.
struct Failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

[[noreturn]] void fail(const std::string& what) {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  const char* const reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  throw Failure(reason == nullptr ? what : what + ": " + reason);
}

void require(bool done, const char* what) {
  if (!done) fail(what);
}

template <class T>
T* require(T* object, const char* what) {
  if (object == nullptr) fail(what);
  return object;
}

template <class Make>
auto made(Make make) -> Made<decltype(make())> {
  try {
    return make();
  } catch (const Failure& failure) {
    return Refused{failure.what()};
  }
}

template <class Write>
std::string pem_of(Write write) {
  const Bio bio(require(BIO_new(BIO_s_mem()), "no memory"));
  require(write(bio.get()) == 1, "it cannot be written as PEM");
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

std::string pem_of(X509* certificate) {
  return pem_of([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate); });
}

std::string pem_of(EVP_PKEY* key) {
  return pem_of([&](BIO* bio) {
    return PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
  });
}

Bio reader_of(const std::string& text) {
  return Bio(require(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), "no memory"));
}

// Asks nobody at the terminal: an encrypted key is one that cannot be read.
int no_passphrase(char*, int, int, void*) { return -1; }

Key new_key() { return Key(require(EVP_EC_gen("P-256"), "no key could be made")); }

void set_serial(X509* certificate) {
  constexpr int bits = 127;  // positive in 16 bytes, and by chance unlike any other
  const Number number(require(BN_new(), "no memory"));
  require(BN_rand(number.get(), bits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1, "no random bits");
  require(BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)), "no memory");
}

void set_validity(X509* certificate, const Validity& validity) {
  using std::chrono::system_clock;
  const auto set = [](ASN1_TIME* time, system_clock::time_point moment) {
    require(ASN1_TIME_set(time, system_clock::to_time_t(moment)), "that time cannot be written");
  };
  if (validity.until <= validity.from) fail("it would expire before it is valid");
  set(X509_getm_notBefore(certificate), validity.from);
  set(X509_getm_notAfter(certificate), validity.until);
}

void set_subject(X509* certificate, std::string_view name) {
  if (name.empty()) fail("a certificate needs a name");
  const std::string text(name);
  const auto* const bytes = reinterpret_cast<const unsigned char*>(text.data());
  const int size = static_cast<int>(text.size());
  X509_NAME* const subject = X509_get_subject_name(certificate);
  if (X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, bytes, size, -1, 0) != 1) {
    fail("'" + text + "' cannot be the name in a certificate");
  }
}

// One of OpenSSL's own, from words that are written here, never from a name that came in.
void add_extension(X509* certificate, X509* issuer, int kind, const char* words) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Extension extension(
      require(X509V3_EXT_nconf_nid(nullptr, &context, kind, words), "no such extension"));
  require(X509_add_ext(certificate, extension.get(), -1) == 1, "no memory");
}

void add_text(GENERAL_NAMES* names, int kind, const std::string& text) {
  GeneralName name(require(GENERAL_NAME_new(), "no memory"));
  Owned<ASN1_IA5STRING, ASN1_IA5STRING_free> value(require(ASN1_IA5STRING_new(), "no memory"));
  require(ASN1_STRING_set(value.get(), text.data(), static_cast<int>(text.size())) == 1,
          "no memory");
  GENERAL_NAME_set0_value(name.get(), kind, value.release());
  require(sk_GENERAL_NAME_push(names, name.get()) > 0, "no memory");
  static_cast<void>(name.release());
}

bool is_host_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '.' || c == '_' || c == '*';
  });
}

void add_host(GENERAL_NAMES* names, const std::string& host) {
  Owned<ASN1_OCTET_STRING, ASN1_OCTET_STRING_free> address(a2i_IPADDRESS(host.c_str()));
  if (!address) {
    ERR_clear_error();
    if (!is_host_name(host)) fail("'" + host + "' is neither a host name nor an address");
    return add_text(names, GEN_DNS, host);
  }
  GeneralName name(require(GENERAL_NAME_new(), "no memory"));
  GENERAL_NAME_set0_value(name.get(), GEN_IPADD, address.release());
  require(sk_GENERAL_NAME_push(names, name.get()) > 0, "no memory");
  static_cast<void>(name.release());
}

// As cluster.id and the names of nodes are: nothing in them needs escaping in a URI.
void require_name(const std::string& name, const char* of_what) {
  const bool is_good = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
           c == '_' || c == '-';
  });
  if (!is_good) fail("'" + name + "' is not the name of a " + of_what);
}

void add_names(X509* certificate, const NodeName& name) {
  require_name(name.cluster, "cluster");
  require_name(name.node, "node");
  const GeneralNames names(require(GENERAL_NAMES_new(), "no memory"));
  add_text(names.get(), GEN_URI, "pawl://" + name.cluster + "/" + name.node);
  for (const std::string& host : name.hosts) add_host(names.get(), host);
  require(X509_add1_ext_i2d(certificate, NID_subject_alt_name, names.get(), 0, 0) == 1,
          "no memory");
}

// All that certificates have in common; not signed yet.
Certificate begin(std::string_view subject, const Validity& validity, EVP_PKEY* key) {
  constexpr long version_3 = 2;
  Certificate certificate(require(X509_new(), "no memory"));
  require(X509_set_version(certificate.get(), version_3) == 1, "no memory");
  set_serial(certificate.get());
  set_validity(certificate.get(), validity);
  set_subject(certificate.get(), subject);
  require(X509_set_pubkey(certificate.get(), key) == 1, "no memory");
  return certificate;
}

void sign(X509* certificate, X509* issuer, EVP_PKEY* issuer_key) {
  require(X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1, "no memory");
  require(X509_sign(certificate, issuer_key, EVP_sha256()) != 0, "it cannot be signed");
}

// What one says and does with its certificate: not sign others.
void add_use(X509* certificate, X509* issuer, const char* for_what) {
  add_extension(certificate, issuer, NID_basic_constraints, "critical,CA:FALSE");
  add_extension(certificate, issuer, NID_key_usage, "critical,digitalSignature");
  add_extension(certificate, issuer, NID_ext_key_usage, for_what);
  add_extension(certificate, issuer, NID_subject_key_identifier, "hash");
  add_extension(certificate, issuer, NID_authority_key_identifier, "keyid");
}

}  // namespace

struct Authority::Parts {
  Certificate certificate;
  Key key;
};

Authority::Authority(Credentials credentials, std::unique_ptr<Parts> parts)
    : credentials_(std::move(credentials)), parts_(std::move(parts)) {}
Authority::Authority(Authority&&) noexcept = default;
Authority& Authority::operator=(Authority&&) noexcept = default;
Authority::~Authority() = default;

Made<Authority> Authority::create(std::string_view name, const Validity& validity) {
  return made([&] {
    Key key = new_key();
    Certificate certificate = begin(name, validity, key.get());
    X509* const self = certificate.get();
    add_extension(self, self, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
    add_extension(self, self, NID_key_usage, "critical,keyCertSign,cRLSign");
    add_extension(self, self, NID_subject_key_identifier, "hash");
    sign(self, self, key.get());
    Credentials credentials{pem_of(self), pem_of(key.get())};
    return Authority(std::move(credentials),
                     std::make_unique<Parts>(Parts{std::move(certificate), std::move(key)}));
  });
}

Made<Authority> Authority::load(Credentials credentials) {
  return made([&] {
    const Bio certificate_text = reader_of(credentials.certificate);
    const Bio key_text = reader_of(credentials.key);
    Certificate certificate(
        require(PEM_read_bio_X509(certificate_text.get(), nullptr, no_passphrase, nullptr),
                "the certificate cannot be read"));
    Key key(require(PEM_read_bio_PrivateKey(key_text.get(), nullptr, no_passphrase, nullptr),
                    "the key cannot be read"));
    require(X509_check_private_key(certificate.get(), key.get()) == 1,
            "the key is not that of the certificate");
    require(X509_check_ca(certificate.get()) == 1, "the certificate may not sign others");
    return Authority(std::move(credentials),
                     std::make_unique<Parts>(Parts{std::move(certificate), std::move(key)}));
  });
}

Made<Credentials> Authority::issue_node(const NodeName& name, const Validity& validity) const {
  return made([&] {
    const Key key = new_key();
    const Certificate certificate = begin(name.node, validity, key.get());
    add_use(certificate.get(), parts_->certificate.get(), "serverAuth,clientAuth");
    add_names(certificate.get(), name);
    sign(certificate.get(), parts_->certificate.get(), parts_->key.get());
    return Credentials{pem_of(certificate.get()), pem_of(key.get())};
  });
}

Made<Credentials> Authority::issue_client(std::string_view user, const Validity& validity) const {
  return made([&] {
    const Key key = new_key();
    const Certificate certificate = begin(user, validity, key.get());
    add_use(certificate.get(), parts_->certificate.get(), "clientAuth");
    sign(certificate.get(), parts_->certificate.get(), parts_->key.get());
    return Credentials{pem_of(certificate.get()), pem_of(key.get())};
  });
}

}  // namespace pawl::certs
