// SPDX-License-Identifier: Apache-2.0
#include "client/tls.hpp"

#include <openssl/err.h>
#include <openssl/sslerr.h>
#include <openssl/x509v3.h>

#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/error.hpp>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>

namespace pawl::client {

namespace asio = boost::asio;
namespace ssl = asio::ssl;
using boost::system::error_code;

namespace {

// OpenSSL says "system lib" of what is not there.
void demand_readable(const std::string& path) {
  errno = 0;
  if (std::ifstream(path).good()) return;
  throw TlsFailure("cannot read " + path + ": " + std::strerror(errno != 0 ? errno : EIO));
}

void demand(const error_code& error, const std::string& path, const char* what) {
  if (error) throw TlsFailure(path + ": " + what + " (" + error.message() + ")");
}

int reason_of(const error_code& error) {
  return ERR_GET_REASON(static_cast<unsigned long>(error.value()));
}

void load_own(ssl::context& context, const TlsOptions& options) {
  error_code error;
  demand_readable(options.certificate);
  context.use_certificate_chain_file(options.certificate, error);
  demand(error, options.certificate, "no certificate in PEM");
  demand_readable(options.key);
  context.use_private_key_file(options.key, ssl::context::pem, error);
  const int reason = reason_of(error);
  if (reason == X509_R_KEY_VALUES_MISMATCH || reason == X509_R_KEY_TYPE_MISMATCH) {
    throw TlsFailure(options.key + " is not the key of " + options.certificate);
  }
  demand(error, options.key, "no key in PEM without a passphrase");
}

void load_trusted(ssl::context& context, const TlsOptions& options) {
  error_code error;
  if (options.ca.empty()) {
    context.set_default_verify_paths(error);
    if (error) throw TlsFailure("cannot read whom this system trusts: " + error.message());
    return;
  }
  demand_readable(options.ca);
  context.load_verify_file(options.ca, error);
  demand(error, options.ca, "no certificates in PEM");
}

bool is_address(const std::string& host) {
  error_code none;
  asio::ip::make_address(host, none);
  return !none;
}

struct FreeNames {
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};

std::string address_in(const ASN1_STRING* value) {
  const unsigned char* bytes = ASN1_STRING_get0_data(value);
  const int size = ASN1_STRING_length(value);
  if (size == 4) {
    asio::ip::address_v4::bytes_type v4;
    std::memcpy(v4.data(), bytes, v4.size());
    return asio::ip::address_v4(v4).to_string();
  }
  if (size != 16) return "?";
  asio::ip::address_v6::bytes_type v6;
  std::memcpy(v6.data(), bytes, v6.size());
  return asio::ip::address_v6(v6).to_string();
}

// db1, 10.0.0.1
std::string hosts_in(X509* certificate) {
  const std::unique_ptr<GENERAL_NAMES, FreeNames> names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::string hosts;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    int kind = 0;
    const auto* value = static_cast<const ASN1_STRING*>(
        GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names.get(), i), &kind));
    if (kind != GEN_DNS && kind != GEN_IPADD) continue;
    if (!hosts.empty()) hosts += ", ";
    const auto* text = reinterpret_cast<const char*>(ASN1_STRING_get0_data(value));
    hosts += kind == GEN_IPADD
                 ? address_in(value)
                 : std::string(text, static_cast<std::size_t>(ASN1_STRING_length(value)));
  }
  return hosts;
}

int index_of_expected() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

// Judges nothing: the certificate is only at hand while it is verified.
int note_names(int is_good, X509_STORE_CTX* context) {
  const int error = X509_STORE_CTX_get_error(context);
  if (error != X509_V_ERR_HOSTNAME_MISMATCH && error != X509_V_ERR_IP_ADDRESS_MISMATCH) {
    return is_good;
  }
  auto* of =
      static_cast<SSL*>(X509_STORE_CTX_get_ex_data(context, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto* expected = static_cast<Expected*>(SSL_get_ex_data(of, index_of_expected()));
  if (expected != nullptr) expected->named_instead = hosts_in(X509_STORE_CTX_get0_cert(context));
  return is_good;
}

std::string why_not_trusted(long verdict, const Expected& expected, const TlsOptions& options) {
  switch (verdict) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return "its certificate is not for " + expected.host +
             (expected.named_instead.empty() ? "" : " but for " + expected.named_instead);
    case X509_V_ERR_CERT_HAS_EXPIRED: return "its certificate, or that of its CA, has expired";
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "its certificate is not valid yet: is the clock right?";
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
      return "its certificate is not trusted: no CA in " +
             (options.ca.empty() ? "those that this system trusts" : options.ca) + " has signed it";
    default:
      return std::string("its certificate is not trusted: ") +
             X509_verify_cert_error_string(verdict);
  }
}

bool is_of_tls(const error_code& error) {
  return error.category() == asio::error::get_ssl_category();
}

bool is_certificate_refused(int reason) {
  switch (reason) {
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA: return true;
    default: return false;
  }
}

std::string why_of_tls(const error_code& error) {
  const int reason = reason_of(error);
  if (is_certificate_refused(reason)) {
    return "it refuses the certificate of this client (" + error.message() + ")";
  }
  switch (reason) {
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED: return "it wants a certificate of this client";
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
      return "it speaks no TLS, or none that this client does";
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST: return "it does not speak TLS";
    default: return "TLS: " + error.message();
  }
}

}  // namespace

ssl::context make_tls_context(const TlsOptions& options) {
  if (options.certificate.empty() != options.key.empty()) {
    throw TlsFailure(options.key.empty() ? "the certificate " + options.certificate + " has no key"
                                         : "the key " + options.key + " has no certificate");
  }
  ssl::context context(ssl::context::tls_client);
  SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.native_handle(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  // Else OpenSSL would ask whoever sits at the terminal.
  context.set_password_callback([](std::size_t, auto) { return std::string(); });
  load_trusted(context, options);
  if (!options.certificate.empty()) load_own(context, options);
  return context;
}

std::string problem_in(const TlsOptions& options) {
  try {
    const ssl::context context = make_tls_context(options);
  } catch (const TlsFailure& failure) {
    return failure.what();
  }
  return {};
}

void expect(SSL* ssl, Expected& expected) {
  SSL_set_ex_data(ssl, index_of_expected(), &expected);
  SSL_set_verify(ssl, SSL_VERIFY_PEER, note_names);
  const char* host = expected.host.c_str();
  if (is_address(expected.host)) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host);
  } else {
    X509_VERIFY_PARAM_set_hostflags(SSL_get0_param(ssl), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    X509_VERIFY_PARAM_set1_host(SSL_get0_param(ssl), host, 0);
    SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, expected.host.data());
  }
}

std::string why_refused(SSL* ssl, const error_code& error, const Expected& expected,
                        const TlsOptions& options) {
  const long verdict = SSL_get_verify_result(ssl);
  if (verdict != X509_V_OK) return why_not_trusted(verdict, expected, options);
  if (is_of_tls(error)) return why_of_tls(error);
  if (is_end(error) || error == asio::error::connection_reset) {
    return "it closed the connection during the TLS handshake: does it speak TLS?";
  }
  return error.message();
}

bool is_end(const error_code& error) {
  return error == asio::error::eof || error == ssl::error::stream_truncated;
}

bool is_turned_away(const error_code& error) {
  if (!is_of_tls(error)) return false;
  const int reason = reason_of(error);
  return reason == SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED || is_certificate_refused(reason);
}

std::string why_lost(const error_code& error) {
  if (is_of_tls(error)) return why_of_tls(error);
  return is_end(error) ? error_code(asio::error::eof).message() : error.message();
}

}  // namespace pawl::client
