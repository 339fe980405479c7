#include "shard/hash_field.h"

#include <string>
#include <vector>

#include "tests/testing.h"

namespace rondo {
namespace {

TEST_CASE("a field reads back whatever its lengths are, with and without an expiry") {
  for (const size_t name_size : {0u, 1u, 14u, 253u, 254u, 65'535u, 65'536u}) {
    for (const size_t value_size : {0u, 8u, 253u, 254u, 255u, 65'535u, 65'536u, 200'000u}) {
      for (const int64_t at_ms : {kNoExpiry, int64_t{0}, int64_t{1'700'000'000'123}}) {
        for (const bool pooled : {false, true}) {
          const std::string name(name_size, 'n');
          const std::string value(value_size, 'v');
          const size_t bytes = HashField::block_bytes(name_size, value_size, at_ms != kNoExpiry);
          std::vector<uint64_t> memory(bytes / 8 + 2, 0xabab'abab'abab'abab);
          char* block = reinterpret_cast<char*>(memory.data());
          const HashField field(HashField::write(block, pooled, name, value, at_ms));
          CHECK(field.name() == name);
          CHECK(field.value() == value);
          CHECK(field.has_expiry() == (at_ms != kNoExpiry));
          CHECK(field.expire_at_ms() == at_ms);
          CHECK(field.is_pooled() == pooled);
          CHECK(field.block() == block);
          CHECK(field.block_bytes() == bytes);
          CHECK(static_cast<uint8_t>(block[bytes]) == 0xab);
        }
      }
    }
  }
}

TEST_CASE("a short field has two bytes beside its own") {
  CHECK(HashField::block_bytes(14, 8, false) == 24);
  CHECK(HashField::block_bytes(14, 8, true) == 32);
}

TEST_CASE("a field can be moved, and its expiry changed") {
  std::vector<uint64_t> memory(16);
  char* block = reinterpret_cast<char*>(memory.data());
  const HashField field(HashField::write(block, true, "name", "value", 77));
  CHECK(field.set_expiry(78) == field.word());
  char* other = block + 8 * 8;
  std::memcpy(other, block, field.block_bytes());
  const HashField moved(field.payload_at(other));
  CHECK(moved.block() == other);
  CHECK(moved.is_pooled());
  CHECK(moved.name() == "name");
  CHECK(moved.value() == "value");
  CHECK(moved.expire_at_ms() == 78);
  const HashField forever(moved.set_expiry(kNoExpiry));
  CHECK(forever.expire_at_ms() == kNoExpiry);
  CHECK(forever.value() == "value");
  CHECK(forever.block_bytes() == moved.block_bytes() - 8);
  CHECK(HashField(forever.set_expiry(79)).expire_at_ms() == 79);
  CHECK_FALSE(HashField());
  CHECK_FALSE(moved == field);
}

TEST_CASE("a table finds fields by their names, whatever their fingerprint") {
  std::vector<uint64_t> memory(4);
  char* block = reinterpret_cast<char*>(memory.data());
  const uint64_t payload = HashField::write(block, false, "name", "value", kNoExpiry);
  const uint64_t word = make_word(0xbeef, payload);
  CHECK(HashFieldPolicy::equal(word, "name"));
  CHECK_FALSE(HashFieldPolicy::equal(word, "nama"));
  CHECK(HashFieldPolicy::hash(word) == make_key("name").hash);
  CHECK(HashField(word).value() == "value");
}

}  // namespace
}  // namespace rondo
