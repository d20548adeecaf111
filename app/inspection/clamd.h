// SPDX-License-Identifier: Apache-2.0
//
// Clamd asks ClamAV's daemon about a message: over its Unix socket by passing the descriptor
// (FILDES: clamd reads the very pages that we wrote), else over TCP by sending the content
// (INSTREAM). Each message has a connection of its own, as clamd wants it, so a clamd that was
// restarted is found again at once.
//
// Threading: create() is for start, because it may wait for DNS; scan() may be called from any
// thread.
#pragma once

#include <cstdint>
#include <string>
#include <sys/socket.h>

#include "app/inspection/descriptor.h"
#include "app/inspection/inspection_config.h"
#include "app/inspection/judgement.h"
#include "app/inspection/message_file.h"
#include "app/inspection/waiting.h"
#include "base/result.h"

namespace sealgate::app {

class Clamd {
 public:
  // Looks up the host. Fails with kClamdNotFound, also when a path is too long for a socket.
  // Requires: config.is_on().
  static Result<Clamd> create(const ClamdConfig& config);

  // Clean, Infected, Refused (larger than clamd takes) or Unavailable.
  Judgement scan(const SealedMessage& message, const Patience& patience) const;

 private:
  Clamd() = default;
  Descriptor connect(const Patience& patience) const;
  bool send_message(int connection, const SealedMessage& message, const Patience& patience) const;

  bool passes_descriptor_ = false;
  std::uint64_t stream_bytes_max_ = 0;
  Duration connect_timeout_{};
  sockaddr_storage address_{};
  socklen_t address_length_ = 0;
};

}  // namespace sealgate::app
