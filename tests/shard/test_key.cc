#include "shard/key.h"

#include <set>
#include <string>
#include <vector>

#include "reactor/base/prng.h"
#include "tests/testing.h"

namespace rondo {
namespace {

TEST_CASE("a hash depends on every byte, on the length and on the seed") {
  std::set<uint64_t> hashes;
  std::string key;
  for (int i = 0; i < 300; ++i) {
    hashes.insert(hash_key(key));
    std::string other = key + "x";
    for (char& byte : other) {
      byte ^= 1;
      hashes.insert(hash_key(other));
      byte ^= 1;
    }
    key += '\0';
  }
  CHECK(hashes.size() == 300 + 300 * 301 / 2);
  CHECK(hash_key("key") == hash_key(std::string("key")));
  CHECK(make_key("key").hash == hash_key("key"));

  const uint64_t before = hash_key("key");
  set_hash_seed(1);
  CHECK(hash_key("key") != before);
  set_hash_seed(0);
  CHECK(hash_key("key") == before);
}

TEST_CASE("equal bytes are equal, and each byte counts") {
  Prng prng(5);
  for (size_t size = 0; size <= 70; ++size) {
    // Blocks of their own, so that a sanitizer sees what is read behind them.
    std::vector<char> a(size);
    for (char& byte : a)
      byte = static_cast<char>(prng.next());
    std::vector<char> b = a;
    const std::string_view one(a.data(), size);
    const std::string_view other(b.data(), size);
    CHECK(equal_bytes(one, other));
    for (size_t i = 0; i < size; ++i) {
      b[i] = static_cast<char>(b[i] ^ (1 << prng.below(8)));
      CHECK_FALSE(equal_bytes(one, other));
      b[i] = a[i];
    }
    if (size != 0) CHECK_FALSE(equal_bytes(one, other.substr(1)));
  }
}

}  // namespace
}  // namespace rondo
