#include "shard/member_pool.h"

#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "reactor/base/prng.h"
#include "tests/testing.h"

namespace rondo {
namespace {

// Blocks of one size, each with a number that moves with it.
using Blocks = std::vector<char*>;

void write_number(char* block, uint64_t number) {
  std::memcpy(block, &number, sizeof(number));
}

uint64_t read_number(const char* block) {
  uint64_t number;
  std::memcpy(&number, block, sizeof(number));
  return number;
}

TEST_CASE("blocks keep what is in them while others come and go, without holes") {
  MemoryAccount account;
  MemberPool pool(account);
  std::map<size_t, std::map<uint64_t, char*>> model;  // By size, by number.
  Prng prng(3);
  uint64_t next = 0;
  for (const uint64_t release_percent : {20, 80, 40, 95}) {
    for (int i = 0; i < 10'000; ++i) {
      const size_t bytes = 9 + prng.below(150);
      // Sizes of one class share their blocks.
      std::map<uint64_t, char*>& blocks =
          model[MemberPool::is_pooled(bytes) ? (bytes + 7) / 8 * 8 : bytes];
      if (prng.below(100) < release_percent && !blocks.empty()) {
        const auto victim = blocks.begin();
        auto* last = static_cast<char*>(pool.last(victim->second, bytes));
        if (last != victim->second) {
          const uint64_t moved = read_number(last);
          REQUIRE(blocks.at(moved) == last);
          write_number(victim->second, moved);
          blocks[moved] = victim->second;
        }
        pool.release_last(last, bytes);
        blocks.erase(victim);
      } else {
        auto* block = static_cast<char*>(pool.allocate(bytes));
        REQUIRE(reinterpret_cast<uintptr_t>(block) % 8 == 0);
        write_number(block, next);
        blocks[next++] = block;
      }
    }
    pool.verify();
    size_t pooled = 0;
    for (const auto& [bytes, blocks] : model) {
      if (MemberPool::is_pooled(bytes)) pooled += blocks.size();
      for (const auto& [number, block] : blocks)
        REQUIRE(read_number(block) == number);
    }
    CHECK(pool.pooled_blocks() == pooled);
  }
  for (auto& [bytes, blocks] : model) {
    if (MemberPool::is_pooled(bytes)) continue;
    for (auto& [number, block] : blocks)
      pool.release_last(block, bytes);
  }
  while (!pool.free_chunks()) {
  }
  CHECK(account.used() == 0);
}

TEST_CASE("many blocks cost hardly more than their bytes, few of them little") {
  MemoryAccount account;
  MemberPool pool(account);
  for (int i = 0; i < 100'000; ++i)
    pool.allocate(23);
  CHECK(account.used() < 100'000 * 24.3);
  CHECK(account.used() == pool.footprint());
  MemoryAccount small_account;
  MemberPool small(small_account);
  for (int i = 0; i < 130; ++i)
    small.allocate(23);
  CHECK(small_account.used() < 130 * 24 * 1.3);
}

}  // namespace
}  // namespace rondo
