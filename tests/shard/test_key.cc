#include "shard/key.h"

#include <set>
#include <string>

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

}  // namespace
}  // namespace rondo
