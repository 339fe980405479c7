#include "shard/commands/lcs.h"

#include <vector>

#include "reactor/base/prng.h"
#include "tests/shard/commands/fixture.h"
#include "tests/testing.h"

namespace rondo {
namespace {

// The length by definition: the longest of all subsequences of `a` that is one of `b`.
size_t longest(const std::string& a, const std::string& b) {
  size_t best = 0;
  for (uint32_t bits = 0; bits < 1u << a.size(); bits++) {
    size_t at = 0;
    size_t taken = 0;
    for (size_t i = 0; i < a.size() && at != std::string::npos; i++) {
      if ((bits >> i & 1) == 0) continue;
      at = b.find(a[i], at);
      if (at == std::string::npos) break;
      at++;
      taken++;
    }
    if (at != std::string::npos && taken > best) best = taken;
  }
  return best;
}

bool is_subsequence(const std::string& part, const std::string& whole) {
  size_t at = 0;
  for (const char c : part) {
    at = whole.find(c, at);
    if (at == std::string::npos) return false;
    at++;
  }
  return true;
}

TEST_CASE("the answer is a common subsequence, and none is longer") {
  Prng prng(11);
  for (const int shards : {1, 3}) {
    CommandFixture fixture(shards);
    for (int round = 0; round < 200; round++) {
      std::string a;
      std::string b;
      while (a.size() < 9)
        a += static_cast<char>('a' + prng.below(4));
      while (b.size() < 11)
        b += static_cast<char>('a' + prng.below(4));
      fixture.run_args({"MSET", "first", a, "second", b});
      const size_t length = longest(a, b);
      CHECK_EQ(fixture.run("LCS first second LEN"), ":" + std::to_string(length));
      const std::string reply = fixture.run("LCS first second");
      const std::string text = reply.substr(reply.find(' ') + 1);
      CHECK_EQ(reply.substr(0, reply.find(' ')), "$" + std::to_string(length));
      CHECK(is_subsequence(text, a));
      CHECK(is_subsequence(text, b));
    }
  }
}

TEST_CASE("IDX is a map in RESP3 and a flat array in RESP2") {
  CommandFixture fixture;
  fixture.run("MSET a xabcx b yabcy");
  CHECK_EQ(fixture.run("LCS a b IDX WITHMATCHLEN"),
           "*4 $7 matches *1 *3 *2 :1 :3 *2 :1 :3 :3 $3 len :3");
  fixture.set_version(Resp::k3);
  CHECK_EQ(fixture.run("LCS a b IDX WITHMATCHLEN"),
           "%2 $7 matches *1 *3 *2 :1 :3 *2 :1 :3 :3 $3 len :3");
}

TEST_CASE("the table may not take more than a value") {
  CommandFixture fixture;
  fixture.run_args({"MSET", "a", std::string(99, 'x'), "b", std::string(99, 'x')});
  fixture.shard(0).limits().string_bytes_max = 100 * 100 * 4;
  CHECK_EQ(fixture.run("LCS a b LEN"), ":99");
  fixture.shard(0).limits().string_bytes_max = 100 * 100 * 4 - 1;
  CHECK_EQ(fixture.run("LCS a b LEN"),
           "-ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len");
}

TEST_CASE("keys that expire while they are looked up") {
  CommandFixture fixture;
  for (const char* set : {"MSET {k}a x {k}b x", "SET {k}a x PX 5", "SET {k}b x PX 5"}) {
    fixture.run("MSET {k}a x {k}b x");
    fixture.run(set);
    fixture.advance_ms(5);
    const bool both = set[0] == 'M';
    CHECK_EQ(fixture.run("LCS {k}a {k}b LEN"), both ? ":1" : ":0");
  }
}

}  // namespace
}  // namespace rondo
