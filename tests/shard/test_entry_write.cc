#include "shard/entry_write.h"

#include <malloc.h>

#include <string>
#include <vector>

#include "reactor/base/prng.h"
#include "tests/testing.h"

namespace rondo {
namespace {

std::string text_of(uint64_t payload) {
  char scratch[24];
  return std::string(Entry(payload).string(scratch));
}

TEST_CASE("a key of 14 bytes and a value of 64 fill 80 bytes exactly") {
  MemoryAccount account;
  EntryWriter writer(account);
  const uint64_t payload =
      writer.create_string(std::string(14, 'k'), std::string(64, 'v'), false, kNoExpiry);
  const Entry entry(payload);
  char scratch[24];
  const char* end = entry.string(scratch).data() + 64;
  CHECK(end - reinterpret_cast<char*>(payload & Entry::kAddressMask) == 80);
  writer.release(payload);
  CHECK(account.used() == 0);
}

TEST_CASE("an equal size is rewritten in its place") {
  MemoryAccount account;
  EntryWriter writer(account);
  for (const int64_t expire_at_ms : {kNoExpiry, int64_t{77}}) {
    uint64_t payload = writer.create_string("key", "value", false, expire_at_ms);
    const uint64_t before = payload;
    CHECK(writer.overwrite_string(payload, "eulav", false, expire_at_ms));
    CHECK(payload == before);
    CHECK(text_of(payload) == "eulav");
    CHECK(Entry(payload).key() == "key");
    // Another expiry is written too, but none instead of one is another layout.
    CHECK(writer.overwrite_string(payload, "third", false, expire_at_ms == kNoExpiry ? -1 : 99));
    CHECK(Entry(payload).expire_at_ms() == (expire_at_ms == kNoExpiry ? -1 : 99));
    CHECK_FALSE(writer.overwrite_string(payload, "other", false,
                                        expire_at_ms == kNoExpiry ? 5 : kNoExpiry));
    CHECK(text_of(payload) == "third");
    writer.release(payload);
  }
  CHECK(account.used() == 0);
}

TEST_CASE("another size is rewritten in place only where it fits and does not waste") {
  MemoryAccount account;
  EntryWriter writer(account);
  uint64_t payload = writer.create_string("key", std::string(100, 'a'), false, kNoExpiry);
  const size_t room =
      malloc_usable_size(reinterpret_cast<void*>(payload & Entry::kAddressMask)) - 5;
  CHECK(writer.overwrite_string(payload, std::string(room, 'b'), false, kNoExpiry));
  CHECK(text_of(payload) == std::string(room, 'b'));
  CHECK_FALSE(writer.overwrite_string(payload, std::string(room + 1, 'c'), false, kNoExpiry));
  CHECK_FALSE(writer.overwrite_string(payload, "d", false, kNoExpiry));
  CHECK(writer.overwrite_string(payload, std::string(90, 'e'), true, kNoExpiry));
  CHECK(Entry(payload).kind() == EntryKind::kRaw);
  CHECK(Entry(payload).key() == "key");
  writer.release(payload);
}

TEST_CASE("integers are rewritten in place") {
  MemoryAccount account;
  EntryWriter writer(account);
  const uint64_t payload = writer.create_integer("n", 5, 100);
  CHECK(writer.overwrite_integer(payload, -7, 200));
  CHECK(Entry(payload).integer() == -7);
  CHECK(Entry(payload).expire_at_ms() == 200);
  CHECK_FALSE(writer.overwrite_integer(payload, 1, kNoExpiry));
  writer.release(payload);
  const uint64_t text = writer.create_string("n", "x", false, kNoExpiry);
  CHECK_FALSE(writer.overwrite_integer(text, 1, kNoExpiry));
  writer.release(text);
}

TEST_CASE("strings extend by zeros, over every border of their layout") {
  MemoryAccount account;
  EntryWriter writer(account);
  for (const int64_t expire_at_ms : {kNoExpiry, int64_t{77}}) {
    std::string model;
    uint64_t payload = writer.create_string("key", model, false, expire_at_ms);
    Prng prng(1);
    int moves = 0;
    while (model.size() < 8'000) {
      const size_t size = model.size() + prng.below(20);
      const uint64_t before = payload & Entry::kAddressMask;
      char* value = writer.extend_string(payload, size);
      moves += (payload & Entry::kAddressMask) != before;
      for (size_t i = model.size(); i < size; ++i) {
        REQUIRE(value[i] == 0);
        value[i] = static_cast<char>('a' + i % 26);
        model += value[i];
      }
      REQUIRE(text_of(payload) == model);
      REQUIRE(Entry(payload).key() == "key");
      REQUIRE(Entry(payload).expire_at_ms() == expire_at_ms);
    }
    CHECK(moves < 30);
    CHECK(Entry(payload).kind() == EntryKind::kRaw);
    writer.release(payload);
  }
  CHECK(account.used() == 0);
}

TEST_CASE("an expiry comes and goes without harm to the rest") {
  MemoryAccount account;
  EntryWriter writer(account);
  for (size_t size = 0; size < 200; ++size) {
    const std::string value(size, 'v');
    uint64_t payload = writer.create_string("some key", value, size % 2 == 0, kNoExpiry);
    for (const int64_t expire_at_ms : {int64_t{5}, int64_t{6}, kNoExpiry, kNoExpiry, int64_t{7}}) {
      payload = writer.change_expiry(payload, expire_at_ms);
      REQUIRE(Entry(payload).expire_at_ms() == expire_at_ms);
      REQUIRE(text_of(payload) == value);
      REQUIRE(Entry(payload).key() == "some key");
      REQUIRE(Entry(payload).kind() == (size % 2 == 0 ? EntryKind::kRaw : EntryKind::kString));
    }
    writer.release(payload);
  }
  CHECK(account.used() == 0);
}

TEST_CASE("blocks are charged while an entry holds them") {
  MemoryAccount account;
  EntryWriter writer(account);
  SharedBytes block = SharedBytes::copy_of(std::string(10'000, 'x'));
  const size_t bytes = block.heap_bytes();
  const uint64_t payload = writer.create_shared("key", block, kNoExpiry);
  CHECK(account.used() > bytes);
  SharedBytes taken = writer.take_shared(payload);
  CHECK(account.used() < bytes);
  CHECK(taken.view() == block.view());
  writer.set_shared(payload, std::move(taken));
  CHECK(account.used() > bytes);
  CHECK(writer.take_shared(payload).size() == 10'000);
  writer.release(payload);
  CHECK(account.used() == 0);
  CHECK(block.unique());
}

}  // namespace
}  // namespace rondo
