#include "protocol/slot.h"

#include <string>

#include "reactor/base/prng.h"
#include "tests/testing.h"

namespace rondo {
namespace {

// The definition, bit by bit.
uint16_t slow_crc16(std::string_view bytes) {
  unsigned crc = 0;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned>(static_cast<uint8_t>(c)) << 8;
    for (int bit = 0; bit < 8; ++bit)
      crc = crc << 1 ^ ((crc & 0x8000) != 0 ? 0x1021u : 0u);
    crc &= 0xffff;
  }
  return static_cast<uint16_t>(crc);
}

TEST_CASE("crc16 is that of the standard") {
  CHECK(crc16("123456789") == 0x31c3);
  CHECK(crc16("") == 0);
}

TEST_CASE("crc16 agrees with its definition for every length") {
  Prng prng(7);
  for (size_t length = 0; length <= 100; ++length) {
    for (int round = 0; round < 20; ++round) {
      std::string bytes(length, '\0');
      for (char& c : bytes)
        c = static_cast<char>(prng.one_in(4) ? 0 : prng.next());
      REQUIRE(crc16(bytes) == slow_crc16(bytes));
    }
  }
}

// Braces of any kind at any place, in keys of any length.
TEST_CASE("slots agree with their definition") {
  Prng prng(11);
  for (size_t length = 0; length <= 40; ++length) {
    for (int round = 0; round < 200; ++round) {
      std::string key(length, '\0');
      for (char& c : key)
        c = static_cast<char>(prng.one_in(12) ? (prng.one_in(2) ? '{' : '}') : prng.next());
      std::string_view hashed = key;
      const size_t open = key.find('{');
      const size_t close = open == std::string::npos ? open : key.find('}', open + 1);
      if (close != std::string::npos && close > open + 1) {
        hashed = hashed.substr(open + 1, close - open - 1);
      }
      CAPTURE(key);
      REQUIRE(key_slot(key) == slow_crc16(hashed) % kSlots);
    }
  }
}

// The numbers are those of CLUSTER KEYSLOT.
TEST_CASE("slots of keys and hash tags") {
  CHECK(key_slot("") == 0);
  CHECK(key_slot("foo") == 12182);
  CHECK(key_slot("somekey") == 11058);
  CHECK(key_slot("foo{hash_tag}") == 2515);
  CHECK(key_slot("{hash_tag}") == 2515);
  CHECK(key_slot("hash_tag") == 2515);
  CHECK(key_slot("{user1000}.following") == key_slot("user1000"));
  CHECK(key_slot("foo{}{bar}") == crc16("foo{}{bar}") % kSlots);
  CHECK(key_slot("foo{{bar}}zap") == key_slot("{bar"));
  CHECK(key_slot("foo{bar}{zap}") == key_slot("bar"));
  CHECK(key_slot("}foo{bar") == crc16("}foo{bar") % kSlots);
  CHECK(key_slot("foo{") == crc16("foo{") % kSlots);
  CHECK(key_slot("}{a}") == key_slot("a"));
}

}  // namespace
}  // namespace rondo
