#include "shard/list_compression.h"

#include <cstring>
#include <string>
#include <vector>

#include "reactor/base/prng.h"
#include "tests/testing.h"

namespace rondo {
namespace {

// Bytes in which more or less repeats, down to none at all.
std::string random_bytes(Prng& prng, size_t size) {
  const uint64_t letters = uint64_t{1} << prng.below(9);
  const size_t period = prng.one_in(2) ? size : 1 + prng.below(300);
  std::string bytes;
  for (size_t i = 0; i < size; ++i) {
    const bool repeats = i >= period && !prng.one_in(50);
    bytes += repeats ? bytes[i - period] : static_cast<char>(prng.below(letters));
  }
  return bytes;
}

TEST_CASE("what is compressed is read back, and saves a quarter") {
  MemoryAccount account;
  Prng prng(3);
  ListScratch scratch;
  int compressed = 0;
  int refused = 0;
  for (int round = 0; round < 600; ++round) {
    const size_t limit = prng.one_in(5) ? kCompressedPlainMax : 9'000;
    const std::string plain = random_bytes(prng, prng.below(limit + 1));
    size_t size = 0;
    char* block = compress_list(account, plain, size);
    if (block == nullptr) {
      ++refused;
      CHECK(account.used() == 0);
      continue;
    }
    ++compressed;
    CHECK(size <= plain.size() - plain.size() / 4);
    CHECK(account.used() == malloc_usable_size(block));
    std::string back(plain.size(), '?');
    decompress_list({block, size}, back.data(), back.size());
    CHECK(back == plain);
    CHECK(scratch.decompress({block, size}, plain.size()) == plain);
    // The next block may stand where this one was.
    scratch.forget();
    account.release(block);
  }
  CHECK(compressed > 100);
  CHECK(refused > 100);
  CHECK(account.used() == 0);
}

TEST_CASE("the largest and the least repetitive bytes are no trouble") {
  MemoryAccount account;
  size_t size = 0;
  const std::string zeros(kCompressedPlainMax, '\0');
  char* block = compress_list(account, zeros, size);
  REQUIRE(block != nullptr);
  CHECK(size < 1'000);
  ListScratch scratch;
  CHECK(scratch.decompress({block, size}, zeros.size()) == zeros);
  account.release(block);
  Prng prng(1);
  std::string noise;
  while (noise.size() < kCompressedPlainMax)
    noise += static_cast<char>(prng.below(256));
  CHECK(compress_list(account, noise, size) == nullptr);
  CHECK(compress_list(account, "", size) == nullptr);
  CHECK(account.used() == 0);
}

TEST_CASE("a scratch holds one value, and gives it again without any work") {
  MemoryAccount account;
  const std::string first(4'000, 'a');
  const std::string second(8'000, 'b');
  size_t first_size = 0;
  size_t second_size = 0;
  char* first_block = compress_list(account, first, first_size);
  char* second_block = compress_list(account, second, second_size);
  REQUIRE(first_block != nullptr);
  REQUIRE(second_block != nullptr);
  ListScratch scratch;
  CHECK(scratch.decompress({first_block, first_size}, first.size()) == first);
  const std::string_view held = scratch.decompress({second_block, second_size}, second.size());
  CHECK(held == second);
  const_cast<char&>(held[0]) = '!';
  CHECK(scratch.decompress({second_block, second_size}, second.size())[0] == '!');
  scratch.forget();
  CHECK(scratch.decompress({second_block, second_size}, second.size()) == second);
  CHECK(scratch.decompress({first_block, first_size}, first.size()) == first);
  account.release(first_block);
  account.release(second_block);
}

}  // namespace
}  // namespace rondo
