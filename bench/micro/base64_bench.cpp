// SPDX-License-Identifier: Apache-2.0
//
// base64 in lines of 76 columns, beside OpenSSL's coder and a plain copy of the same size.
#include <cstring>
#include <vector>

#include <benchmark/benchmark.h>
#include <openssl/evp.h>

#include "bench/micro/counters.h"
#include "engine/mime/base64.h"

namespace sealgate::bench {
namespace {

using engine::mime::Base64Kernel;
using engine::mime::Base64LineEncoder;

void encode(benchmark::State& state, Base64Kernel kernel) {
  const auto size = static_cast<std::size_t>(state.range(0));
  const Bytes from(size, 0x5a);
  Bytes to(Base64LineEncoder::room_for(size) * 2);
  const CostMeter meter;
  for (auto _ : state) {
    Base64LineEncoder encoder(kernel);
    const std::size_t count = encoder.update(from, to);
    benchmark::DoNotOptimize(encoder.finish(MutableBytes(to).subspan(count)));
    benchmark::ClobberMemory();
  }
  meter.report(state, size);
}
BENCHMARK_CAPTURE(encode, best, engine::mime::best_base64_kernel())
    ->Arg(4 << 10)
    ->Arg(75 << 10)
    ->Arg(1 << 20)
    ->Name("base64/lines_best");
BENCHMARK_CAPTURE(encode, scalar, Base64Kernel::Scalar)->Arg(75 << 10)->Name("base64/lines_scalar");

void encode_openssl(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  const Bytes from(size, 0x5a);
  Bytes to(size * 2);
  EVP_ENCODE_CTX* encoder = EVP_ENCODE_CTX_new();
  const CostMeter meter;
  for (auto _ : state) {
    int count = 0;
    EVP_EncodeInit(encoder);
    EVP_EncodeUpdate(encoder, to.data(), &count, from.data(), static_cast<int>(size));
    EVP_EncodeFinal(encoder, to.data() + count, &count);
    benchmark::ClobberMemory();
  }
  meter.report(state, size);
  EVP_ENCODE_CTX_free(encoder);
}
BENCHMARK(encode_openssl)->Arg(75 << 10)->Name("base64/lines_openssl");

void plain_copy(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  const Bytes from(size, 0x5a);
  Bytes to(size);
  for (auto _ : state) {
    std::memcpy(to.data(), from.data(), size);
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) *
                          static_cast<std::int64_t>(size));
}
BENCHMARK(plain_copy)->Arg(75 << 10)->Name("base64/memcpy_bound");

}  // namespace
}  // namespace sealgate::bench
