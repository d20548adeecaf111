// SPDX-License-Identifier: Apache-2.0
//
// Reading a message, and bringing it into canonical form for signing.
#include <benchmark/benchmark.h>

#include "bench/micro/counters.h"
#include "bench/micro/messages.h"
#include "engine/mime/canonical.h"
#include "engine/mime/reader.h"

namespace sealgate::bench {
namespace {

namespace mime = engine::mime;

mime::Structure read(const Chain& message) {
  mime::Reader reader;
  for (const Slice& slice : message.slices()) reader.feed(slice.bytes).value();
  return reader.finish();
}

void read_message(benchmark::State& state) {
  const Chain message = message_chain(static_cast<std::uint64_t>(state.range(0)));
  const CostMeter meter;
  for (auto _ : state) benchmark::DoNotOptimize(read(message));
  meter.report(state, message.size());
}
BENCHMARK(read_message)->Arg(4 << 10)->Arg(75 << 10)->Arg(1 << 20)->Name("mime/read");

void make_safe_unchanged(benchmark::State& state) {
  const Chain message = message_chain(static_cast<std::uint64_t>(state.range(0)));
  const mime::Structure structure = read(message);
  ChainWriter writer(pool());
  const CostMeter meter;
  for (auto _ : state) {
    benchmark::DoNotOptimize(mime::make_transport_safe(structure, message, writer).value());
  }
  meter.report(state, message.size());
}
BENCHMARK(make_safe_unchanged)
    ->Arg(4 << 10)
    ->Arg(75 << 10)
    ->Arg(1 << 20)
    ->Name("mime/canonical_safe_already");

// Every line ends in a blank and holds 8-bit text: all of it is written anew.
void make_safe_encoded(benchmark::State& state) {
  std::string text =
      "From: a@b.example\r\nContent-Type: text/plain; charset=utf-8\r\n"
      "Content-Transfer-Encoding: 8bit\r\n\r\n";
  while (text.size() < static_cast<std::uint64_t>(state.range(0))) {
    text +=
        "A line of text with some Gr\xc3\xbc\xc3\x9f"
        "e and a blank at its end \r\n";
  }
  ChainWriter filler(pool());
  filler.append(text).value();
  const Chain message = filler.take();
  const mime::Structure structure = read(message);
  ChainWriter writer(pool());
  const CostMeter meter;
  for (auto _ : state) {
    benchmark::DoNotOptimize(mime::make_transport_safe(structure, message, writer).value());
  }
  meter.report(state, message.size());
}
BENCHMARK(make_safe_encoded)->Arg(4 << 10)->Arg(75 << 10)->Name("mime/canonical_all_encoded");

}  // namespace
}  // namespace sealgate::bench
