// SPDX-License-Identifier: Apache-2.0
#include "netio/tls/tls_client.h"

#include <algorithm>
#include <arpa/inet.h>
#include <limits>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "netio/tls/errors.h"

namespace sealgate::netio {
namespace {

// The newest code of OpenSSL's error queue, which is empty afterwards: nothing of it may leak
// into the next caller.
std::int64_t drain_openssl_errors() {
  const auto code = static_cast<std::int64_t>(ERR_peek_last_error());
  ERR_clear_error();
  return code;
}

bool is_address(const std::string& name) {
  in6_addr any{};
  return inet_pton(AF_INET, name.c_str(), &any) == 1 ||
         inet_pton(AF_INET6, name.c_str(), &any) == 1;
}

int int_size(std::size_t size) {
  return static_cast<int>(std::min<std::size_t>(size, std::numeric_limits<int>::max()));
}

bool expect_name(SSL* connection, const std::string& name) {
  if (is_address(name)) {
    return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(connection), name.c_str()) == 1;
  }
  SSL_set_hostflags(connection, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return SSL_set1_host(connection, name.c_str()) == 1;
}

// SSL_set_tlsext_host_name() is a macro with a C cast; OpenSSL copies the name.
bool announce_name(SSL* connection, const std::string& name) {
  return SSL_ctrl(connection, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                  const_cast<char*>(name.c_str())) == 1;
}

}  // namespace

void TlsClientContext::Free::operator()(ssl_ctx_st* context) const {
  SSL_CTX_free(context);
}

Result<std::unique_ptr<TlsClientContext>> TlsClientContext::create(const std::string& ca_file) {
  ERR_clear_error();
  SSL_CTX* made = SSL_CTX_new(TLS_client_method());
  if (made == nullptr) return Error(kTlsContextUnavailable, drain_openssl_errors());
  std::unique_ptr<TlsClientContext> context(new TlsClientContext(made));
  if (SSL_CTX_set_min_proto_version(made, TLS1_2_VERSION) != 1) {
    return Error(kTlsContextUnavailable, drain_openssl_errors());
  }
  SSL_CTX_set_options(made, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(made, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                             SSL_MODE_RELEASE_BUFFERS);
  const int loaded = ca_file.empty() ? SSL_CTX_set_default_verify_paths(made)
                                     : SSL_CTX_load_verify_file(made, ca_file.c_str());
  if (loaded != 1) return Error(kTlsTrustUnreadable, drain_openssl_errors());
  ERR_clear_error();
  return context;
}

void TlsClient::Free::operator()(ssl_st* connection) const {
  SSL_free(connection);
}

Result<TlsClient> TlsClient::create(TlsClientContext& context, const std::string& name,
                                    TlsPeer peer) {
  ERR_clear_error();
  TlsClient client;
  client.connection_.reset(SSL_new(context.context_.get()));
  BIO* incoming = BIO_new(BIO_s_mem());
  BIO* outgoing = BIO_new(BIO_s_mem());
  if (client.connection_ == nullptr || incoming == nullptr || outgoing == nullptr) {
    BIO_free(incoming);
    BIO_free(outgoing);
    return Error(kTlsContextUnavailable, drain_openssl_errors());
  }
  SSL* connection = client.connection_.get();
  SSL_set_bio(connection, incoming, outgoing);
  client.incoming_ = incoming;
  client.outgoing_ = outgoing;
  SSL_set_connect_state(connection);
  SSL_set_verify(connection, peer == TlsPeer::Verified ? SSL_VERIFY_PEER : SSL_VERIFY_NONE,
                 nullptr);
  if (peer == TlsPeer::Verified && !expect_name(connection, name)) {
    return Error(kTlsContextUnavailable, drain_openssl_errors());
  }
  // RFC 6066, 3: a server name is never an address.
  if (!is_address(name) && !announce_name(connection, name)) {
    return Error(kTlsContextUnavailable, drain_openssl_errors());
  }
  SG_TRY(client.shake_hands());
  return client;
}

Result<void> TlsClient::shake_hands() {
  SSL* connection = connection_.get();
  const int done = SSL_do_handshake(connection);
  if (done == 1) {
    is_open_ = true;
    return {};
  }
  if (SSL_get_error(connection, done) == SSL_ERROR_WANT_READ) return {};
  const auto verified = SSL_get_verify_result(connection);
  const bool is_unverified = verified != X509_V_OK && SSL_get_verify_mode(connection) != 0;
  const std::int64_t code = drain_openssl_errors();
  if (is_unverified) return Error(kTlsPeerUnverified, verified);
  return Error(kTlsHandshakeFailed, code);
}

Result<void> TlsClient::receive(ByteView ciphertext, std::string& plaintext) {
  ERR_clear_error();
  if (!ciphertext.empty()) {
    const int size = int_size(ciphertext.size());
    if (BIO_write(incoming_, ciphertext.data(), size) != size) {
      return Error(kTlsBroken, drain_openssl_errors());
    }
  }
  if (!is_open_) SG_TRY(shake_hands());
  while (is_open_ && !has_ended_) {
    constexpr std::size_t kReadBytes = 16 * 1024;
    const std::size_t before = plaintext.size();
    plaintext.resize(before + kReadBytes);
    const int count = SSL_read(connection_.get(), plaintext.data() + before, int{kReadBytes});
    plaintext.resize(before + static_cast<std::size_t>(std::max(count, 0)));
    if (count > 0) continue;
    const int why = SSL_get_error(connection_.get(), count);
    if (why == SSL_ERROR_WANT_READ) break;
    if (why != SSL_ERROR_ZERO_RETURN) return Error(kTlsBroken, drain_openssl_errors());
    has_ended_ = true;
  }
  return {};
}

Result<void> TlsClient::send(ByteView plaintext) {
  ERR_clear_error();
  while (!plaintext.empty()) {
    const int count = SSL_write(connection_.get(), plaintext.data(), int_size(plaintext.size()));
    if (count <= 0) return Error(kTlsBroken, drain_openssl_errors());
    plaintext = plaintext.subspan(static_cast<std::size_t>(count));
  }
  return {};
}

void TlsClient::finish() {
  if (is_open_) SSL_shutdown(connection_.get());
  ERR_clear_error();
}

Result<void> TlsClient::take_ciphertext(ChainWriter& writer) {
  while (BIO_ctrl_pending(outgoing_) > 0) {
    const MutableBytes room = SG_TRY(writer.reserve(1));
    const int count = BIO_read(outgoing_, room.data(), int_size(room.size()));
    if (count <= 0) break;
    writer.commit(static_cast<std::size_t>(count));
  }
  return {};
}

std::string TlsClient::description() const {
  return std::string(SSL_get_version(connection_.get())) + " " +
         SSL_get_cipher_name(connection_.get());
}

}  // namespace sealgate::netio
