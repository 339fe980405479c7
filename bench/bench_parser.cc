// What one command costs in protocol/: parsing pipelines, writing replies, key slots. Prints
// nanoseconds per command, the best of several rounds, so that a noisy machine shows least.
//
//   bench_parser [seconds per row]

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/number.h"
#include "protocol/out_buffer.h"
#include "protocol/reply.h"
#include "protocol/request_parser.h"
#include "protocol/slot.h"
#include "reactor/base/check.h"
#include "reactor/base/clock.h"
#include "reactor/base/prng.h"

namespace rondo {
namespace {

// What a compiler must believe is used.
volatile uint64_t sink;

template <class Round>
void measure(const char* what, double seconds, size_t operations, Round round) {
  double best = 1e18;
  const int64_t stop_ns = read_monotonic_ns() + static_cast<int64_t>(seconds * 1e9);
  while (read_monotonic_ns() < stop_ns) {
    const int64_t from_ns = read_monotonic_ns();
    round();
    const auto spent_ns = static_cast<double>(read_monotonic_ns() - from_ns);
    best = std::min(best, spent_ns / static_cast<double>(operations));
  }
  std::printf("%-44s %8.1f ns\n", what, best);
}

std::string bulk(std::string_view bytes) {
  return "$" + std::to_string(bytes.size()) + "\r\n" + std::string(bytes) + "\r\n";
}

std::string key(Prng& prng, size_t length) {
  std::string bytes = "memtier-";
  while (bytes.size() < length)
    bytes += static_cast<char>('0' + prng.below(10));
  return bytes;
}

// A pipeline of `count` commands; `length_of` chooses each value's length.
template <class LengthOf>
std::string sets(size_t count, LengthOf length_of) {
  Prng prng(1);
  std::string input;
  for (size_t i = 0; i < count; ++i) {
    const std::string value(length_of(prng), 'x');
    input += "*3\r\n" + bulk("SET") + bulk(key(prng, 14)) + bulk(value);
  }
  return input;
}

std::string gets(size_t count) {
  Prng prng(2);
  std::string input;
  for (size_t i = 0; i < count; ++i)
    input += "*2\r\n" + bulk("GET") + bulk(key(prng, 14));
  return input;
}

size_t parse_all(RequestParser& parser, std::string_view input) {
  const ParserLimits limits;
  size_t commands = 0;
  uint64_t seen = 0;
  while (parser.next(input, limits) == ParseStatus::kCommand) {
    input.remove_prefix(parser.consumed());
    seen += parser.args().back().size();
    ++commands;
  }
  sink = sink + seen;
  return commands;
}

void bench_parsing(double seconds) {
  constexpr size_t kCommands = 1000;
  RequestParser parser;
  const auto row = [&](const char* what, const std::string& input, size_t commands) {
    CHECK(parse_all(parser, input) == commands);
    measure(what, seconds, commands, [&] { parse_all(parser, input); });
  };
  row("parse GET, 14-byte key", gets(kCommands), kCommands);
  row("parse SET, 64-byte value", sets(kCommands, [](Prng&) { return 64; }), kCommands);
  row("parse SET, 1 to 2000 bytes at random",
      sets(kCommands, [](Prng& prng) { return 1 + prng.below(2000); }), kCommands);
  std::string mget = "*11\r\n" + bulk("MGET");
  Prng prng(3);
  for (int i = 0; i < 10; ++i)
    mget += bulk(key(prng, 14));
  std::string mgets;
  for (int i = 0; i < 100; ++i)
    mgets += mget;
  row("parse MGET of 10", mgets, 100);
  std::string lines;
  for (size_t i = 0; i < kCommands; ++i)
    lines += "GET " + key(prng, 14) + "\r\n";
  row("parse inline GET", lines, kCommands);
}

// What a connection does with its output: fills it with a pipeline's replies, then sends it all.
template <class Write>
void bench_replies(const char* what, double seconds, size_t pipeline, Write write) {
  OutBuffer out;
  constexpr size_t kRounds = 100;
  measure(what, seconds, kRounds * pipeline, [&] {
    for (size_t round = 0; round < kRounds; ++round) {
      for (size_t i = 0; i < pipeline; ++i) {
        Reply reply(out, Resp::k2);
        write(reply, i);
      }
      iovec pieces[8];
      sink = sink + out.pieces(pieces, 8);
      out.consume(out.size());
    }
  });
}

void bench_writing(double seconds) {
  const std::string value(64, 'x');
  const SharedBytes large = SharedBytes::copy_of(std::string(16 * 1024, 'x'));
  bench_replies("write ok, pipeline 30", seconds, 30, [](Reply& reply, size_t) { reply.ok(); });
  bench_replies("write a 64-byte bulk, pipeline 1", seconds, 1,
                [&](Reply& reply, size_t) { reply.bulk(value); });
  bench_replies("write a 64-byte bulk, pipeline 30", seconds, 30,
                [&](Reply& reply, size_t) { reply.bulk(value); });
  bench_replies("write an integer, pipeline 30", seconds, 30, [](Reply& reply, size_t i) {
    reply.integer(static_cast<int64_t>(i * 7919 * 7919));
  });
  bench_replies("write a shared 16 KiB bulk, pipeline 30", seconds, 30,
                [&](Reply& reply, size_t) { reply.bulk(large); });
}

void bench_numbers(double seconds) {
  Prng prng(4);
  std::vector<std::string> keys;
  for (int i = 0; i < 1000; ++i)
    keys.push_back(key(prng, 16));
  measure("key_slot, 16-byte key", seconds, keys.size(), [&] {
    for (const std::string& bytes : keys)
      sink = sink + key_slot(bytes);
  });
  std::vector<double> scores;
  for (int i = 0; i < 1000; ++i)
    scores.push_back(static_cast<double>(prng.below(1u << 30)) / 997);
  measure("format_double", seconds, scores.size(), [&] {
    char text[kDoubleBytesMax];
    for (const double score : scores)
      sink = sink + format_double(score, text);
  });
  measure("parse_integer, 8 digits", seconds, keys.size(), [&] {
    for (const std::string& bytes : keys) {
      sink = sink + static_cast<uint64_t>(parse_integer({bytes.data() + 8, 8}).value_or(0));
    }
  });
}

}  // namespace
}  // namespace rondo

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::atof(argv[1]) : 0.3;
  rondo::bench_parsing(seconds);
  rondo::bench_writing(seconds);
  rondo::bench_numbers(seconds);
  return 0;
}
