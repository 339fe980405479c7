#include "server/scripting/sha1.h"

#include <string>

#include "tests/testing.h"

namespace rondo {
namespace {

std::string hex(std::string_view bytes) {
  return std::string(sha1_hex(bytes).view());
}

// The examples of FIPS 180-4 and RFC 3174.
TEST_CASE("sha1: known digests") {
  CHECK_EQ(hex(""), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  CHECK_EQ(hex("abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
  CHECK_EQ(hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
           "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
  CHECK_EQ(hex(std::string(1'000'000, 'a')), "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
  std::string repeated;
  for (int i = 0; i < 10; ++i)
    repeated += "0123456701234567012345670123456701234567012345670123456701234567";
  CHECK_EQ(hex(repeated), "dea356a2cddd90c7a7ecedc5ebb563934f460452");
}

// As many bytes as leave just room for the length in the last block, or not any more.
TEST_CASE("sha1: every length around the end of a block gives another digest of the right form") {
  std::string last;
  for (size_t size = 50; size < 70; ++size) {
    const std::string digest = hex(std::string(size, 'x'));
    CHECK_NE(digest, last);
    Sha1Hex parsed;
    CHECK(parse_sha1_hex(digest, parsed));
    CHECK_EQ(parsed.view(), digest);
    last = digest;
  }
  CHECK_EQ(hex(std::string(55, 'a')), "c1c8bbdc22796e28c0e15163d20899b65621d65a");
  CHECK_EQ(hex(std::string(56, 'a')), "c2db330f6083854c99d4b5bfb6e8f29f201be699");
  CHECK_EQ(hex(std::string(64, 'a')), "0098ba824b5c16427bd7a1122a5a442a25ec644d");
}

TEST_CASE("sha1: names of scripts in any case") {
  Sha1Hex sha;
  CHECK(parse_sha1_hex("A9993E364706816ABA3E25717850C26C9CD0D89D", sha));
  CHECK(sha == sha1_hex("abc"));
  CHECK_FALSE(parse_sha1_hex("a9993e364706816aba3e25717850c26c9cd0d89", sha));
  CHECK_FALSE(parse_sha1_hex("a9993e364706816aba3e25717850c26c9cd0d89g", sha));
  CHECK_FALSE(parse_sha1_hex("", sha));
}

}  // namespace
}  // namespace rondo
