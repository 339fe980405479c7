// The representations of strings: which one a value gets, and what is changed in place.
#include <string>

#include "protocol/out_buffer.h"
#include "shard/keyspace.h"
#include "tests/shard/shard_fixture.h"
#include "tests/testing.h"

namespace rondo {
namespace {

constexpr size_t kLarge = OutBuffer::kShareBytesMin;

uint64_t address_of(ShardFixture& fixture, std::string_view key) {
  return fixture.db().peek(make_key(key)).word() & Entry::kAddressMask;
}

TEST_CASE("a value of equal size overwrites the old one in its allocation") {
  ShardFixture fixture;
  fixture.set("k", std::string(64, 'a'));
  const uint64_t address = address_of(fixture, "k");
  const size_t memory = fixture.shard.memory_bytes();
  // A freed and newly allocated block could get the same address, so one is put in the way.
  fixture.set("other", std::string(64, 'a'));
  fixture.db().erase(make_key("other"));
  fixture.set("k", std::string(64, 'b'));
  CHECK(address_of(fixture, "k") == address);
  CHECK(fixture.get("k") == std::string(64, 'b'));
  fixture.set("k", std::string(60, 'c'));
  CHECK(address_of(fixture, "k") == address);
  CHECK(fixture.get("k") == std::string(60, 'c'));
  CHECK(fixture.shard.memory_bytes() == memory);
  fixture.set("k", "short");
  CHECK(fixture.get("k") == "short");
  CHECK(fixture.shard.memory_bytes() < memory);
}

TEST_CASE("counters stay in their allocation") {
  ShardFixture fixture;
  fixture.set("n", "1");
  const uint64_t address = address_of(fixture, "n");
  for (int64_t i = 0; i < 100; ++i) {
    fixture.db().put_integer(make_key("n"), i * 1'000'000'007, kKeepExpiry, events::kIncrBy);
    CHECK(address_of(fixture, "n") == address);
  }
  CHECK(fixture.get("n") == std::to_string(int64_t{99} * 1'000'000'007));
}

TEST_CASE("large values become blocks, and a large argument is adopted without a copy") {
  ShardFixture fixture;
  fixture.set("below", std::string(kLarge - 1, 'x'));
  CHECK_FALSE(fixture.db().peek(make_key("below")).shared());
  fixture.set("at", std::string(kLarge, 'x'));
  CHECK(fixture.db().peek(make_key("at")).shared());

  SharedBytes block = SharedBytes::copy_of(std::string(100'000, 'x'));
  const char* data = block.data();
  fixture.db().put_shared(make_key("adopted"), std::move(block), kNoExpiry, events::kSet);
  CHECK(fixture.db().peek(make_key("adopted")).shared().data() == data);
  fixture.db().put_shared(make_key("small"), SharedBytes::copy_of("123"), kNoExpiry, events::kSet);
  CHECK(fixture.db().peek(make_key("small")).is_integer());
}

TEST_CASE("a patch makes the encoding raw, whatever it was") {
  ShardFixture fixture;
  fixture.set("text", "abc");
  CHECK(fixture.db().patch_string(make_key("text"), 3, "d", events::kAppend) == 4);
  CHECK(fixture.get("text") == "abcd");
  CHECK(fixture.encoding("text") == "raw");
  fixture.set("n", "12");
  CHECK(fixture.db().patch_string(make_key("n"), 2, "3", events::kAppend) == 3);
  CHECK(fixture.get("n") == "123");
  CHECK(fixture.encoding("n") == "raw");
  CHECK(fixture.db().patch_string(make_key("new"), 3, "x", events::kSetRange) == 4);
  CHECK(fixture.get("new") == std::string("\0\0\0x", 4));
  CHECK(fixture.encoding("new") == "raw");
  CHECK(fixture.db().patch_string(make_key("empty"), 0, "", events::kAppend) == 0);
  CHECK(fixture.get("empty") == "");
  // A whole value makes it embedded again.
  fixture.set("text", "abcd");
  CHECK(fixture.encoding("text") == "embstr");
}

TEST_CASE("appending grows from nothing to a large block in amortised steps") {
  ShardFixture fixture;
  const Key key = make_key("log");
  std::string model;
  uint64_t address = 0;
  const char* data = nullptr;
  int moves = 0;
  while (model.size() < 3'000'000) {
    const std::string part(1 + model.size() / 50, static_cast<char>('a' + model.size() % 26));
    model += part;
    REQUIRE(fixture.db().patch_string(key, model.size() - part.size(), part, events::kAppend) ==
            model.size());
    const Entry entry = fixture.db().peek(key);
    const char* now = entry.shared() ? entry.shared().data() : nullptr;
    moves += address_of(fixture, "log") != address || now != data;
    address = address_of(fixture, "log");
    data = now;
  }
  CHECK(fixture.get("log") == model);
  CHECK(moves < 40);
  fixture.shard.verify();
  // The reserve is bounded.
  CHECK(fixture.shard.memory_bytes() < model.size() * 2);
}

TEST_CASE("a block that a reply refers to is copied before it changes") {
  ShardFixture fixture;
  const Key key = make_key("k");
  fixture.set("k", std::string(kLarge, 'x'));
  const SharedBytes reply = fixture.db().find(key).shared();
  fixture.db().patch_string(key, 5, "abc", events::kSetRange);
  CHECK(reply.view() == std::string(kLarge, 'x'));
  CHECK(fixture.get("k")->substr(4, 5) == "xabcx");
  const char* data = fixture.db().peek(key).shared().data();
  fixture.db().patch_string(key, 5, "def", events::kSetRange);
  CHECK(fixture.db().peek(key).shared().data() == data);
}

TEST_CASE("a patch far beyond the end fills with zeros") {
  ShardFixture fixture;
  fixture.set("k", "ab");
  CHECK(fixture.db().patch_string(make_key("k"), kLarge, "z", events::kSetRange) == kLarge + 1);
  std::string expected = "ab";
  expected.resize(kLarge, '\0');
  CHECK(fixture.get("k") == expected + "z");
  CHECK(fixture.db().patch_string(make_key("k"), 3 * kLarge, "z", events::kSetRange) ==
        3 * kLarge + 1);
  expected += "z";
  expected.resize(3 * kLarge, '\0');
  CHECK(fixture.get("k") == expected + "z");
}

}  // namespace
}  // namespace rondo
