#include "server/scripting/sha1.h"

#include <bit>
#include <cstdint>
#include <cstring>

namespace rondo {

namespace {

constexpr size_t kBlockBytes = 64;
using State = std::array<uint32_t, 5>;

uint32_t load_big_endian(const uint8_t* bytes) {
  uint32_t word;
  std::memcpy(&word, bytes, sizeof(word));
  return __builtin_bswap32(word);
}

void add_block(State& state, const uint8_t* block) {
  uint32_t words[80];
  for (int t = 0; t < 16; ++t)
    words[t] = load_big_endian(block + 4 * t);
  for (int t = 16; t < 80; ++t)
    words[t] = std::rotl(words[t - 3] ^ words[t - 8] ^ words[t - 14] ^ words[t - 16], 1);
  uint32_t a = state[0];
  uint32_t b = state[1];
  uint32_t c = state[2];
  uint32_t d = state[3];
  uint32_t e = state[4];
  const auto round = [&](uint32_t f, uint32_t k, uint32_t word) {
    const uint32_t next = std::rotl(a, 5) + f + e + k + word;
    e = d;
    d = c;
    c = std::rotl(b, 30);
    b = a;
    a = next;
  };
  for (int t = 0; t < 20; ++t)
    round((b & c) | (~b & d), 0x5a827999, words[t]);
  for (int t = 20; t < 40; ++t)
    round(b ^ c ^ d, 0x6ed9eba1, words[t]);
  for (int t = 40; t < 60; ++t)
    round((b & c) | (b & d) | (c & d), 0x8f1bbcdc, words[t]);
  for (int t = 60; t < 80; ++t)
    round(b ^ c ^ d, 0xca62c1d6, words[t]);
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
  state[4] += e;
}

}  // namespace

Sha1Hex sha1_hex(std::string_view bytes) {
  State state = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
  size_t left = bytes.size();
  for (; left >= kBlockBytes; left -= kBlockBytes, data += kBlockBytes)
    add_block(state, data);

  // The rest, a one bit, zeroes, and the length in bits.
  uint8_t tail[2 * kBlockBytes] = {};
  if (left != 0) std::memcpy(tail, data, left);
  tail[left] = 0x80;
  const size_t tail_bytes = left + 9 <= kBlockBytes ? kBlockBytes : 2 * kBlockBytes;
  const uint64_t bits = __builtin_bswap64(uint64_t{bytes.size()} * 8);
  std::memcpy(tail + tail_bytes - 8, &bits, sizeof(bits));
  for (size_t at = 0; at < tail_bytes; at += kBlockBytes)
    add_block(state, tail + at);

  Sha1Hex sha;
  for (size_t i = 0; i < sha.digits.size(); ++i) {
    const uint32_t digit = (state[i / 8] >> (28 - 4 * (i % 8))) & 15;
    sha.digits[i] = "0123456789abcdef"[digit];
  }
  return sha;
}

bool parse_sha1_hex(std::string_view text, Sha1Hex& sha) {
  if (text.size() != sha.digits.size()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    if ((c < '0' || c > '9') && (c < 'a' || c > 'f')) return false;
    sha.digits[i] = c;
  }
  return true;
}

}  // namespace rondo
