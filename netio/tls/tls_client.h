// SPDX-License-Identifier: Apache-2.0
//
// TlsClient is the client's side of one TLS connection without I/O: ciphertext and plaintext go
// in and come out as bytes. TLS 1.2 or later; server name indication (RFC 6066, 3) where the name
// is not an address; with TlsPeer::Verified the certificate must chain to the context's anchors
// and be for the name (RFC 6125).
//
// Threading: one shard thread for a context and all its clients.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "base/segment.h"

struct ssl_ctx_st;
struct ssl_st;
struct bio_st;

namespace sealgate::netio {

class TlsClientContext {
 public:
  // Trust anchors from the PEM file `ca_file`, or the system's store where it is "". Fails with
  // kTlsContextUnavailable or kTlsTrustUnreadable.
  static Result<std::unique_ptr<TlsClientContext>> create(const std::string& ca_file);

 private:
  friend class TlsClient;
  struct Free {
    void operator()(ssl_ctx_st* context) const;
  };
  explicit TlsClientContext(ssl_ctx_st* context) : context_(context) {}
  std::unique_ptr<ssl_ctx_st, Free> context_;
};

// What is asked of the peer's certificate.
enum class TlsPeer : std::uint8_t { Any, Verified };

class TlsClient {
 public:
  // Begins a handshake with the server `name` (a domain or a numeric address); the first
  // ciphertext is in take_ciphertext(). Fails with kTlsContextUnavailable.
  static Result<TlsClient> create(TlsClientContext& context, const std::string& name, TlsPeer peer);

  // Takes ciphertext that came in; appends the plaintext it holds to `plaintext`. Fails with
  // kTlsHandshakeFailed, kTlsPeerUnverified or kTlsBroken; the client is of no use afterwards
  // but for take_ciphertext(), which may hold an alert.
  Result<void> receive(ByteView ciphertext, std::string& plaintext);

  bool is_open() const { return is_open_; }      // The handshake is complete.
  bool has_ended() const { return has_ended_; }  // The peer has closed the TLS connection.

  // Encrypts. Requires: is_open(). Fails with kTlsBroken.
  Result<void> send(ByteView plaintext);
  // Tells the peer that nothing more comes.
  void finish();

  // Appends the ciphertext that is to go out to `writer`. Fails with kSegmentsExhausted.
  Result<void> take_ciphertext(ChainWriter& writer);

  // "TLSv1.3 TLS_AES_256_GCM_SHA384", for the log.
  std::string description() const;

 private:
  struct Free {
    void operator()(ssl_st* connection) const;
  };
  TlsClient() = default;
  Result<void> shake_hands();

  std::unique_ptr<ssl_st, Free> connection_;
  bio_st* incoming_ = nullptr;  // Both belong to connection_.
  bio_st* outgoing_ = nullptr;
  bool is_open_ = false;
  bool has_ended_ = false;
};

}  // namespace sealgate::netio
