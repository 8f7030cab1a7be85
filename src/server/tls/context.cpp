// SPDX-License-Identifier: Apache-2.0
#include "server/tls/context.hpp"

#include <array>
#include <new>
#include <utility>

#include "server/tls/channel.hpp"

namespace pawl::server::tls {
namespace {

// A client's chain of certificates: enough for any, little enough for ten thousand strangers.
constexpr long most_chain_bytes = 32'768;

constexpr std::array<unsigned char, 4> session_context{'p', 'a', 'w', 'l'};

bool install(SSL_CTX* context, const Files& files) {
  if (SSL_CTX_use_certificate(context, files.chain.front().get()) != 1) return false;
  for (std::size_t i = 1; i < files.chain.size(); ++i) {
    if (SSL_CTX_add1_chain_cert(context, files.chain[i].get()) != 1) return false;
  }
  if (SSL_CTX_use_PrivateKey(context, files.key.get()) != 1) return false;
  X509_STORE* const trusted = SSL_CTX_get_cert_store(context);
  for (const OwnedCertificate& one : files.authorities) {
    if (X509_STORE_add_cert(trusted, one.get()) != 1) return false;
    if (SSL_CTX_add_client_CA(context, one.get()) != 1) return false;
  }
  return true;
}

void set_options(SSL_CTX* context, const Context::Options& options) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  // An end without close_notify is an end: a client that is killed says no more.
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_NO_AUTO_CHAIN);
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_max_cert_list(context, most_chain_bytes);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_session_id_context(context, session_context.data(), session_context.size());
  SSL_CTX_set_num_tickets(context, options.resumes ? 1 : 0);
  if (!options.resumes) SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
  int verify = SSL_VERIFY_NONE;
  if (options.asks != Asks::nothing) verify = SSL_VERIFY_PEER;
  if (options.asks == Asks::always) verify |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
  SSL_CTX_set_verify(context, verify, nullptr);
}

}  // namespace

Context::Context(OwnedContext context, OwnedMethod method)
    : context_(std::move(context)), method_(std::move(method)) {}

Loaded<ContextPtr> Context::make(const Files& files, const Options& options) {
  OwnedContext context(SSL_CTX_new(TLS_method()));
  OwnedMethod method(BIO_meth_new(BIO_TYPE_SOURCE_SINK, "carrier"));
  if (!context || !method) throw std::bad_alloc();
  if (!install(context.get(), files)) {
    return Trouble{"tls.certificate: it cannot be used: " + take_failure()};
  }
  set_options(context.get(), options);
  BIO_meth_set_read(method.get(), Channel::pull);
  BIO_meth_set_write(method.get(), Channel::push);
  BIO_meth_set_ctrl(method.get(), Channel::control);
  return ContextPtr(new Context(std::move(context), std::move(method)));
}

OwnedSsl Context::new_connection(void* carried_by) const {
  OwnedSsl ssl(SSL_new(context_.get()));
  BIO* const bio = BIO_new(method_.get());
  if (!ssl || bio == nullptr) throw std::bad_alloc();
  BIO_set_data(bio, carried_by);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl.get(), bio, bio);
  SSL_set_msg_callback(ssl.get(), Channel::note_message);
  SSL_set_msg_callback_arg(ssl.get(), carried_by);
  return ssl;
}

}  // namespace pawl::server::tls
