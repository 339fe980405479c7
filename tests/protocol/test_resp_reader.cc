#include "protocol/resp_reader.h"

#include <cmath>
#include <string>
#include <vector>

#include "protocol/reply.h"
#include "reactor/base/prng.h"
#include "tests/testing.h"

namespace rondo {
namespace {

using Status = RespReader::Status;
using Type = RespValue::Type;

struct Read {
  std::vector<RespValue> values;
  std::string error;
  bool operator==(const Read&) const = default;
};

void take_all(RespReader& reader, Read& read) {
  RespValue value;
  Status status;
  while ((status = reader.next(value)) == Status::kValue)
    read.values.push_back(value);
  if (status == Status::kError) read.error = reader.error_text();
}

Read read_all(std::string_view bytes, size_t step = 0, RespReader::Limits limits = {}) {
  RespReader reader(limits);
  Read read;
  if (step == 0) step = bytes.size();
  do {
    reader.feed(bytes.substr(0, step));
    take_all(reader, read);
    bytes.remove_prefix(std::min(step, bytes.size()));
  } while (!bytes.empty() && read.error.empty());
  return read;
}

RespValue read_one(std::string_view bytes) {
  Read read = read_all(bytes);
  CAPTURE(read.error);
  REQUIRE(read.values.size() == 1);
  return read.values[0];
}

TEST_CASE("scalars") {
  CHECK(read_one("+OK\r\n").type == Type::kSimple);
  CHECK(read_one("+OK\r\n").text == "OK");
  CHECK(read_one("+\r\n").text.empty());
  CHECK(read_one("-ERR no\r\n").is_error());
  CHECK(read_one("-ERR no\r\n").text == "ERR no");
  CHECK(read_one(":-42\r\n").integer == -42);
  CHECK(read_one("$5\r\nhe\r\no\r\n").text == "he\r\no");
  CHECK(read_one("$0\r\n\r\n").type == Type::kBulk);
  CHECK(read_one("$-1\r\n").is_null());
  CHECK(read_one("*-1\r\n").is_null());
  CHECK(read_one("_\r\n").is_null());
  CHECK(read_one("#t\r\n").integer == 1);
  CHECK(read_one("#f\r\n").type == Type::kBoolean);
  CHECK(read_one(",1.5\r\n").real == 1.5);
  CHECK(read_one(",1e3\r\n").text == "1e3");
  CHECK(std::isinf(read_one(",-inf\r\n").real));
  CHECK(std::isnan(read_one(",nan\r\n").real));
  CHECK(read_one("(-123456789012345678901\r\n").text == "-123456789012345678901");
  CHECK(read_one("!5\r\nERR a\r\n").is_error());
  const RespValue verbatim = read_one("=6\r\ntxt:hi\r\n");
  CHECK(verbatim.text == "hi");
  CHECK(verbatim.format == std::array<char, 3>{'t', 'x', 't'});
}

TEST_CASE("aggregates") {
  const RespValue array = read_one("*3\r\n:1\r\n*2\r\n+a\r\n$-1\r\n*0\r\n");
  REQUIRE(array.elements.size() == 3);
  CHECK(array.elements[1].elements[0].text == "a");
  CHECK(array.elements[1].elements[1].is_null());
  CHECK(array.elements[2].type == Type::kArray);
  const RespValue map = read_one("%2\r\n+a\r\n:1\r\n+b\r\n%0\r\n");
  CHECK(map.type == Type::kMap);
  REQUIRE(map.elements.size() == 4);
  CHECK(map.elements[3].type == Type::kMap);
  CHECK(read_one("~1\r\n:1\r\n").type == Type::kSet);
  CHECK(read_one(">1\r\n+message\r\n").is_push());
  const Read both = read_all(">1\r\n+p\r\n+OK\r\n");
  CHECK(both.values.size() == 2);
}

TEST_CASE("attributes belong to the value behind them") {
  const RespValue value =
      read_one("|1\r\n+ttl\r\n:9\r\n*2\r\n|1\r\n+x\r\n*1\r\n:3\r\n:1\r\n:2\r\n");
  REQUIRE(value.type == Type::kArray);
  REQUIRE(value.attributes.size() == 2);
  CHECK(value.attributes[1].integer == 9);
  REQUIRE(value.elements.size() == 2);
  REQUIRE(value.elements[0].attributes.size() == 2);
  CHECK(value.elements[0].attributes[1].elements[0].integer == 3);
  CHECK(value.elements[0].integer == 1);
  CHECK(value.elements[1].attributes.empty());
  const RespValue twice = read_one("|1\r\n+a\r\n:1\r\n|0\r\n|1\r\n+b\r\n:2\r\n+OK\r\n");
  REQUIRE(twice.attributes.size() == 4);
  CHECK(twice.attributes[2].text == "b");
  CHECK(read_all("|1\r\n+a\r\n:1\r\n").values.empty());
}

TEST_CASE("what is not a reply is refused") {
  for (const char* bytes : {"x\r\n",
                            "\r\n",
                            "+OK\rx",
                            ":\r\n",
                            ":1a\r\n",
                            ":+1\r\n",
                            "$\r\n",
                            "$-2\r\n",
                            "$?\r\n",
                            "$3\r\nabcd\r\n",
                            "$3\r\nabc\n\n",
                            "*-2\r\n",
                            "*?\r\n",
                            "*x\r\n",
                            "%-1\r\n",
                            "~-1\r\n",
                            ">-1\r\n",
                            "#x\r\n",
                            "#\r\n",
                            "_x\r\n",
                            ",x\r\n",
                            ",\r\n",
                            "(\r\n",
                            "(-\r\n",
                            "(1x\r\n",
                            "=3\r\nabc\r\n",
                            "=4\r\nabcd\r\n",
                            "!-1\r\n",
                            "=-1\r\n",
                            "*1\r\n?\r\n",
                            "*99999999999999999999\r\n",
                            "$9223372036854775807\r\n",
                            "*9223372036854775807\r\n"}) {
    CAPTURE(bytes);
    const Read read = read_all(bytes);
    CHECK(read.values.empty());
    CHECK(read.error.starts_with("Protocol error: "));
    CHECK(read_all(bytes, 1) == read);
  }
}

TEST_CASE("an error stays") {
  RespReader reader;
  RespValue value;
  reader.feed("?\r\n+OK\r\n");
  CHECK(reader.next(value) == Status::kError);
  reader.feed("+OK\r\n");
  CHECK(reader.next(value) == Status::kError);
}

TEST_CASE("the limits hold") {
  RespReader::Limits limits;
  limits.depth_max = 3;
  limits.bulk_bytes_max = 10;
  limits.line_bytes_max = 20;
  limits.values_max = 5;
  const auto error = [&](std::string_view bytes) { return read_all(bytes, 0, limits).error; };
  CHECK(error("*1\r\n*1\r\n*1\r\n:1\r\n").empty());
  CHECK(error("*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n") ==
        "Protocol error: aggregates are nested too deeply");
  CHECK(error("$10\r\n1234567890\r\n").empty());
  CHECK(error("$11\r\n") == "Protocol error: a string is too long: \"11\"");
  CHECK(error("+" + std::string(19, 'x') + "\r\n").empty());
  CHECK(error("+" + std::string(20, 'x')) == "Protocol error: a line is too long");
  CHECK(error("*6\r\n") == "Protocol error: too many elements: \"6\"");
  CHECK(error("*2\r\n*1\r\n:1\r\n*1\r\n:1\r\n").empty());
  CHECK(error("*3\r\n*1\r\n:1\r\n*1\r\n:1\r\n*1\r\n:1\r\n") == "Protocol error: too many elements");
}

TEST_CASE("pending_bytes tells whether a reply is half read") {
  RespReader reader;
  RespValue value;
  reader.feed("*2\r\n+a\r\n");
  CHECK(reader.next(value) == Status::kNeedMore);
  CHECK(reader.pending_bytes() == 8);
  reader.feed("+b\r\n+c");
  CHECK(reader.next(value) == Status::kValue);
  CHECK(reader.pending_bytes() == 2);
}

void write_random(Prng& prng, Reply& reply, int depth) {
  switch (prng.below(depth > 0 ? 13 : 9)) {
    case 0:
      return reply.ok();
    case 1:
      return reply.integer(static_cast<int64_t>(prng.next()));
    case 2:
      return reply.bulk(std::string(prng.below(40), '\r'));
    case 3:
      return reply.null();
    case 4:
      return reply.boolean(prng.one_in(2));
    case 5:
      return reply.real(static_cast<double>(prng.below(1000)) / 7);
    case 6:
      return reply.verbatim("txt", "some text");
    case 7:
      return reply.error("ERR no");
    case 8:
      return reply.big_number("123456789123456789123456789");
    default:
      break;
  }
  const size_t count = prng.below(5);
  const uint64_t kind = prng.below(4);
  if (kind == 0) reply.array(count);
  if (kind == 1) reply.set(count);
  if (kind == 2) reply.push(count);
  if (kind == 3) reply.map(count);
  for (size_t i = 0; i < (kind == 3 ? 2 * count : count); ++i)
    write_random(prng, reply, depth - 1);
}

TEST_CASE("what Reply writes is read back alike however it is split") {
  Prng prng(31);
  for (int round = 0; round < 400; ++round) {
    OutBuffer out;
    Reply reply(out, prng.one_in(2) ? Resp::k2 : Resp::k3);
    const size_t count = 1 + prng.below(4);
    for (size_t i = 0; i < count; ++i)
      write_random(prng, reply, 4);
    const std::string bytes = out.to_string();
    const Read whole = read_all(bytes);
    REQUIRE(whole.error.empty());
    REQUIRE(whole.values.size() == count);
    for (const size_t step : {size_t{1}, size_t{2}, size_t{7}, 1 + prng.below(50)}) {
      REQUIRE(read_all(bytes, step) == whole);
    }
  }
}

TEST_CASE("hostile bytes end in an error or wait for more, alike however they are split") {
  Prng prng(32);
  constexpr std::string_view kBytes = "+-:$*%~>|,#_(!=0123456789?\r\n\r\n\r\ntfx";
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes(prng.below(40), '\0');
    for (char& c : bytes)
      c = kBytes[prng.below(kBytes.size())];
    CAPTURE(bytes);
    const Read whole = read_all(bytes);
    REQUIRE(read_all(bytes, 1).values.size() == whole.values.size());
    REQUIRE(read_all(bytes, 1).error == whole.error);
  }
}

TEST_CASE("a reply of many parts takes linear time") {
  std::string bytes = "*200000\r\n";
  for (int i = 0; i < 200'000; ++i)
    bytes += "$1\r\na\r\n";
  bytes += "+" + std::string(1'000'000, 'x') + "\r\n";
  CHECK(read_all(bytes, 1).values.size() == 2);
}

}  // namespace
}  // namespace rondo
