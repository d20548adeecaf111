// SPDX-License-Identifier: Apache-2.0
#include "engine/cms/openssl_ptr.h"

#include <openssl/err.h>

namespace sealgate::engine::cms {

std::int64_t take_openssl_error() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  return static_cast<std::int64_t>(code);
}

}  // namespace sealgate::engine::cms
