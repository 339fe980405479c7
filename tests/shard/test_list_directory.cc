#include "shard/list_directory.h"

#include <algorithm>
#include <vector>

#include "reactor/base/prng.h"
#include "tests/testing.h"

namespace rondo {
namespace {

// Nodes are told apart by where their blocks are.
TEST_CASE("a list directory does what a vector does") {
  MemoryAccount account;
  ListDirectory directory(account);
  std::vector<const char*> model;
  const auto bytes_of = [](const ListNode& node) { return node.view().bytes().data(); };
  Prng prng(3);
  for (const uint64_t grow_percent : {90, 30, 80, 20}) {
    for (int i = 0; i < 4'000; ++i) {
      const size_t at = prng.one_in(3)   ? 0
                        : prng.one_in(2) ? model.size()
                                         : prng.below(model.size() + 1);
      if (prng.below(100) < grow_percent) {
        const ListNode node = ListNode::create(account, 16);
        directory.insert(at, node);
        model.insert(model.begin() + static_cast<int64_t>(at), bytes_of(node));
      } else if (!model.empty()) {
        const size_t from = std::min(at, model.size() - 1);
        const size_t count = 1 + prng.below(std::min<size_t>(model.size() - from, 4));
        for (size_t j = from; j < from + count; ++j)
          directory[j].release(account);
        directory.erase(from, count);
        const auto begin = model.begin() + static_cast<int64_t>(from);
        model.erase(begin, begin + static_cast<int64_t>(count));
      }
      REQUIRE(directory.size() == model.size());
    }
    for (size_t i = 0; i < model.size(); ++i)
      REQUIRE(bytes_of(directory[i]) == model[i]);
    // No more than the growth needs is kept free.
    CHECK(directory.footprint() < 4 * sizeof(ListNode) * (model.size() + 8) + 64);
  }
  for (size_t i = 0; i < model.size(); ++i)
    directory[i].release(account);
  directory.erase(0, model.size());
  CHECK(account.used() == directory.footprint());
}

}  // namespace
}  // namespace rondo
