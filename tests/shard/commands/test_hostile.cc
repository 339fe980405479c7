// Arguments that make no sense: whatever a client sends, the answer is one well-formed reply, and
// the shards stay sound.
#include <cstdlib>
#include <iterator>
#include <string>
#include <vector>

#include "protocol/resp_reader.h"
#include "reactor/base/prng.h"
#include "tests/shard/commands/fixture.h"
#include "tests/testing.h"

namespace rondo {
namespace {

const std::string kPieces[] = {
    "",
    "k",
    "{k}a",
    "{k}b",
    "other",
    std::string("\0\xff\r\n", 4),
    "0",
    "1",
    "-1",
    "7",
    "1000",
    "-9223372036854775808",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "1e308",
    "inf",
    "nan",
    "0x1p-1074",
    " 1",
    "EX",
    "PXAT",
    "NX",
    "XX",
    "GET",
    "KEEPTTL",
    "PERSIST",
    "GT",
    "LT",
    "MATCH",
    "COUNT",
    "TYPE",
    "string",
    "*",
    "[^a-",
    "\\",
    "REPLACE",
    "DB",
    "IDX",
    "LEN",
    "MINMATCHLEN",
    "WITHMATCHLEN",
    "SAMPLES",
    "ASYNC",
    "WITHVALUES",
    "NOVALUES",
    "WITHSCORES",
    "BYSCORE",
    "BYLEX",
    "REV",
    "LIMIT",
    "WEIGHTS",
    "AGGREGATE",
    "MIN",
    "MAX",
    "-",
    "+",
    "(1",
    "[a",
    std::string(300, '*'),
    std::string(20'000, 'x'),
};

std::string piece(Prng& prng) {
  if (prng.one_in(8)) {
    std::string bytes(prng.below(12), '\0');
    for (char& c : bytes)
      c = static_cast<char>(prng.next());
    return bytes;
  }
  return kPieces[prng.below(std::size(kPieces))];
}

// The words of the row's name and up to six more, about as many as it wants.
std::vector<std::string> random_command(const Command& row, Prng& prng) {
  const std::string name(row.name);
  const size_t bar = name.find('|');
  std::vector<std::string> args = {name.substr(0, bar)};
  if (bar != std::string::npos) args.push_back(name.substr(bar + 1));
  const auto least = static_cast<size_t>(std::abs(row.arity));
  const size_t size = row.arity > 0 ? least : least + prng.below(7);
  while (args.size() < size)
    args.push_back(piece(prng));
  // A gap before the patched bytes is filled: keep it small.
  if (name == "setrange" && args[2].size() > 5 && args[2][0] != '-') args[2] = "5000";
  return args;
}

TEST_CASE("any arguments get one well-formed reply") {
  const std::vector<const Command*> rows = all_rows();
  for (const int shards : {1, 3}) {
    CommandFixture fixture(shards);
    for (int i = 0; i < shards; i++) {
      // A table for LCS or a string of half a gigabyte would only take time.
      fixture.shard(i).limits().string_bytes_max = 1024 * 1024;
    }
    Prng prng(static_cast<uint64_t>(shards));
    size_t errors = 0;
    for (int i = 0; i < 60'000; i++) {
      const Command& row = *rows[prng.below(rows.size())];
      const std::vector<std::string> args = random_command(row, prng);
      CAPTURE(row.name);
      fixture.set_version(prng.one_in(2) ? Resp::k2 : Resp::k3);
      const std::string reply = fixture.run_args(args);
      RespReader reader;
      reader.feed(reply);
      RespValue value;
      REQUIRE(reader.next(value) == RespReader::Status::kValue);
      REQUIRE_EQ(reader.pending_bytes(), 0);
      if (value.is_error()) errors++;
      if (prng.one_in(20)) fixture.advance_ms(static_cast<int64_t>(prng.below(2000)));
      if (prng.one_in(50)) fixture.select(static_cast<int>(prng.below(16)));
      if (i % 5000 == 0) fixture.verify();
    }
    fixture.verify();
    // Both happened: a test whose commands all fail tests little.
    CHECK_GT(errors, 5000);
    CHECK_LT(errors, 55'000);
  }
}

}  // namespace
}  // namespace rondo
