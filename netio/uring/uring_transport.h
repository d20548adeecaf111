// SPDX-License-Identifier: Apache-2.0
//
// Transport over the kernel's TCP by io_uring. Received bytes arrive in segments of the shard's
// own pool and are sent from the segments in which they lie: nothing is copied here.
//
// Threading: as Transport. create(), listen() and adopt_listener() may run on another thread
// before the first poll(), whose thread then owns the transport and has to destroy it.
// Invariants: each id gets Closed exactly once, as its last event, and is never reused. Between
// pause() and resume() there is no Received and no Ended. After close() or abort() only Closed.
#pragma once

#include <memory>
#include <vector>

#include "base/result.h"
#include "netio/api/transport.h"

namespace sealgate::netio {

class UringState;

enum class ReceiveMode : std::uint8_t {
  Best,        // BufferRing where the kernel has it (Linux 6.0), else Readiness.
  BufferRing,  // Multishot receive into lent segments. create() fails where it is missing.
  Readiness,   // Waits for each connection to be readable, then reads.
};

struct UringOptions {
  ReceiveMode receive = ReceiveMode::Best;
  // Above this, clients wait in the listeners' backlogs.
  std::uint32_t accepted_max = 4000;
  // Above this, connect() ends in Closed with EMFILE.
  std::uint32_t connected_max = 1000;
  // Segments lent to the kernel for receiving: a power of two up to 32768.
  std::uint32_t lent_segments_max = 64;
  // Receiving leaves this many segments of the pool free for those who write.
  std::uint32_t segments_reserve = 16;
  // poll() takes in no further completion once it has this many events.
  std::uint32_t events_max = 256;
};

class UringTransport final : public Transport {
 public:
  // `pool` must outlive the transport. Raises the soft limit of open files as far as the options
  // need it. Fails with kUringForbidden, kUringTooOld, kUringMemoryUnavailable or
  // kDescriptorsTooFew.
  static Result<std::unique_ptr<UringTransport>> create(SegmentPool& pool,
                                                        const UringOptions& options);

  // Ends every connection at once, without events, and gives every segment back.
  ~UringTransport() override;
  UringTransport(const UringTransport&) = delete;
  UringTransport& operator=(const UringTransport&) = delete;

  // Opens a listener (SO_REUSEPORT: each shard has its own on the same endpoint) and returns the
  // endpoint it is bound to. Listeners are numbered from 0 in the order in which they are added:
  // TransportEvent::listener. Fails with kEndpointInvalid or kListenFailed.
  Result<Endpoint> listen(const Endpoint& endpoint, int backlog);

  // Takes over a socket that listens already (socket activation, opened as root). Fails with
  // kNotAListener; the descriptor is the caller's then, else ours.
  Result<Endpoint> adopt_listener(int descriptor);

  // An eventfd: any thread that writes to it (8 bytes, native order) ends the wait in poll().
  int wake_fd() const;

  // Which of BufferRing and Readiness is in use.
  ReceiveMode receive_mode() const;
  // Connections that have not had their Closed event yet.
  std::uint32_t connection_count() const;

  std::span<TransportEvent> poll(Duration patience) override;
  ConnectionId connect(const Endpoint& endpoint) override;
  void send(ConnectionId connection, Chain bytes) override;
  void pause(ConnectionId connection) override;
  void resume(ConnectionId connection) override;
  void close(ConnectionId connection) override;
  void abort(ConnectionId connection) override;

 private:
  explicit UringTransport(std::unique_ptr<UringState> state);

  std::unique_ptr<UringState> state_;
};

}  // namespace sealgate::netio
