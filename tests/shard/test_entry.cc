#include "shard/entry.h"

#include <string>

#include "protocol/out_buffer.h"
#include "tests/shard/shard_fixture.h"
#include "tests/testing.h"

namespace rondo {
namespace {

TEST_CASE("a false entry is no entry") {
  CHECK_FALSE(Entry());
  ShardFixture fixture;
  CHECK_FALSE(fixture.db().peek(make_key("absent")));
}

TEST_CASE("an entry shows its key, value and encoding, for every length of both") {
  for (const size_t key_size : {0u, 1u, 14u, 253u, 254u, 255u, 65'535u, 65'536u, 100'000u}) {
    for (const size_t value_size :
         {0u, 1u, 44u, 45u, 253u, 254u, 8'000u, 8'191u, 8'192u, 50'000u}) {
      for (const int64_t expire_at_ms : {kNoExpiry, int64_t{5'000'000'000}}) {
        ShardFixture fixture;
        const std::string key(key_size, 'k');
        const std::string value(value_size, 'v');
        fixture.set(key, value, expire_at_ms);
        const Entry entry = fixture.db().find(make_key(key));
        REQUIRE(entry);
        REQUIRE(entry.key() == key);
        REQUIRE(entry.is_string());
        REQUIRE(entry.type() == Type::kString);
        REQUIRE(entry.expire_at_ms() == expire_at_ms);
        char scratch[24];
        REQUIRE(entry.string(scratch) == value);
        REQUIRE(entry.string_length() == value_size);
        REQUIRE(std::string(entry.encoding()) == (value_size <= 44 ? "embstr" : "raw"));
        const bool shared = value_size >= OutBuffer::kShareBytesMin;
        REQUIRE(static_cast<bool>(entry.shared()) == shared);
        if (shared) REQUIRE(entry.shared().view() == value);
        REQUIRE(entry.footprint() >= key_size + value_size);
        REQUIRE(fixture.shard.memory_bytes() ==
                entry.footprint() + fixture.db().table().footprint());
      }
    }
  }
}

TEST_CASE("a handle to a shared value keeps the bytes alive") {
  SharedBytes kept;
  {
    ShardFixture fixture;
    fixture.set("k", std::string(20'000, 'v'));
    kept = fixture.db().find(make_key("k")).shared();
    CHECK_FALSE(kept.unique());
  }
  CHECK(kept.unique());
  CHECK(kept.view() == std::string(20'000, 'v'));
}

TEST_CASE("integers in canonical form are stored as integers") {
  ShardFixture fixture;
  for (const char* text : {"0", "-1", "42", "9223372036854775807", "-9223372036854775808"}) {
    fixture.set("k", text);
    const Entry entry = fixture.db().find(make_key("k"));
    CHECK(entry.is_integer());
    CHECK(std::string(entry.encoding()) == "int");
    CHECK(entry.integer() == std::strtoll(text, nullptr, 10));
    char scratch[24];
    CHECK(entry.string(scratch) == text);
    CHECK(entry.string_length() == std::string(text).size());
  }
  for (const char* text : {"", "-", "+1", "01", "-0", " 1", "1 ", "9223372036854775808", "1.0"}) {
    fixture.set("k", text);
    CHECK_FALSE(fixture.db().find(make_key("k")).is_integer());
    CHECK(fixture.get("k") == text);
  }
}

TEST_CASE("objects show their own type and encoding") {
  ShardFixture fixture;
  fixture.db().put(make_key("k"), counted_value(3), events::kRestore);
  const Entry entry = fixture.db().peek(make_key("k"));
  CHECK(entry.type() == Type::kList);
  CHECK_FALSE(entry.is_string());
  CHECK(std::string(entry.encoding()) == "counted");
  CHECK(static_cast<CountedObject*>(entry.object())->elements() == 3);
}

}  // namespace
}  // namespace rondo
