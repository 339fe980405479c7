// Covers shard/rank_tree.cc and shard/rank_tree_read.cc.
#include "shard/rank_tree.h"

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "reactor/base/prng.h"
#include "tests/testing.h"

namespace rondo {
namespace {

struct Before {
  bool operator()(const ScoredMember* a, const ScoredMember* b) const {
    return std::pair(a->score(), a->text()) < std::pair(b->score(), b->text());
  }
};
using Model = std::set<ScoredMember*, Before>;

// Owns members.
class Members {
 public:
  ScoredMember* make(double score, const std::string& text) {
    blocks_.push_back(std::make_unique<double[]>(ScoredMember::block_bytes(text.size()) / 8 + 1));
    return ScoredMember::write(blocks_.back().get(), score, text);
  }

 private:
  std::vector<std::unique_ptr<double[]>> blocks_;
};

void check_equal(const RankTree& tree, const Model& model, Prng& prng) {
  tree.verify();
  REQUIRE(tree.size() == model.size());
  size_t rank = 0;
  std::vector<const ScoredMember*> order;
  for (ScoredMember* member : model) {
    REQUIRE(tree.rank(member) == rank);
    REQUIRE(tree.at(rank) == member);
    order.push_back(member);
    ++rank;
  }
  for (int i = 0; i < 20 && !order.empty(); ++i) {
    const size_t first = prng.below(order.size());
    const size_t count = prng.below(order.size() - first + 1);
    std::vector<const ScoredMember*> seen;
    const auto note = [&](const ScoredMember& member) { seen.push_back(&member); };
    tree.visit(first, count, note);
    REQUIRE(seen.size() == count);
    REQUIRE(std::equal(seen.begin(), seen.end(), order.begin() + static_cast<long>(first)));
    seen.clear();
    tree.visit_back(order.size() - 1 - first, count, note);
    REQUIRE(seen.size() == count);
    REQUIRE(std::equal(seen.begin(), seen.end(), order.rbegin() + static_cast<long>(first)));

    const ScoredMember* bound = order[first];
    const auto below = [&](double score, const ScoredMember*) { return score < bound->score(); };
    const auto expected = std::count_if(order.begin(), order.end(), [&](const ScoredMember* m) {
      return m->score() < bound->score();
    });
    REQUIRE(tree.count_before(below) == static_cast<size_t>(expected));
  }
}

// Inserts, erases, moves in the order or in memory a random member, in both.
void step(RankTree& tree, Model& model, Members& members, Prng& prng, uint64_t scores,
          uint64_t erase_percent) {
  if (prng.below(100) >= erase_percent) {
    ScoredMember* member = members.make(static_cast<double>(prng.below(scores)),
                                        "m" + std::to_string(prng.below(1'000'000)));
    if (!model.insert(member).second) return;
    tree.insert(member);
    return;
  }
  if (model.empty()) return;
  ScoredMember* member = tree.at(prng.below(model.size()));
  const double score = member->score();
  switch (prng.below(4)) {
    case 0: {
      ScoredMember* by = members.make(score, std::string(member->text()));
      tree.replace(member, by);
      model.erase(member);
      model.insert(by);
      break;
    }
    case 1: {
      const double other = score + static_cast<double>(prng.below(5)) - 2;
      model.erase(member);
      const bool is_taken = model.contains(members.make(other, std::string(member->text())));
      if (!is_taken && !tree.rescore(member, other)) {
        tree.erase(member);
        member->set_score(other);
        tree.insert(member);
      }
      REQUIRE(model.insert(member).second);
      break;
    }
    default:
      tree.erase(member);
      model.erase(member);
  }
}

TEST_CASE("a tree does what a set does, while it grows and shrinks") {
  // Many members of few scores, and hardly two of one score.
  for (const uint64_t scores : {3, 1'000, 1'000'000'000}) {
    MemoryAccount account;
    RankTree tree(account);
    Members members;
    Model model;
    Prng prng(scores);
    for (const uint64_t erase_percent : {5, 90, 50, 10, 99}) {
      for (int i = 0; i < 12'000; ++i)
        step(tree, model, members, prng, scores, erase_percent);
      check_equal(tree, model, prng);
    }
    while (!model.empty()) {
      tree.erase(*model.begin());
      model.erase(model.begin());
      if (model.size() % 50 == 0) tree.verify();
    }
    CHECK(account.used() == 0);
  }
}

TEST_CASE("members that come in order fill their leaves, from either side") {
  for (const int sign : {1, -1}) {
    MemoryAccount account;
    RankTree tree(account);
    Members members;
    constexpr int kMembers = 50'000;
    for (int i = 0; i < kMembers; ++i)
      tree.insert(members.make(sign * i, "m"));
    tree.verify();
    // 8 bytes in a full leaf, and what is above and around it.
    CHECK(account.used() < kMembers * 9.8);
    // What is taken from the ends in turns leaves no nodes behind.
    for (size_t left = kMembers; left > 0; --left)
      tree.erase(tree.at(left % 2 == 0 ? 0 : left - 1));
    CHECK(account.used() == 0);
  }
}

TEST_CASE("members in random order fill four fifths of the leaves") {
  MemoryAccount account;
  RankTree tree(account);
  Members members;
  Prng prng(9);
  constexpr int kMembers = 100'000;
  for (int i = 0; i < kMembers; ++i)
    tree.insert(members.make(static_cast<double>(prng.next()), "m"));
  tree.verify();
  CHECK(account.used() < kMembers * 11.5);
}

TEST_CASE("a tree is freed in parts") {
  MemoryAccount account;
  RankTree tree(account);
  Members members;
  for (int i = 0; i < 10'000; ++i)
    tree.insert(members.make(i, "m"));
  int parts = 0;
  size_t before = account.used();
  while (!tree.free_some(4)) {
    CHECK(before - account.used() <= 4 * 512 + 3 * 2048);
    before = account.used();
    ++parts;
  }
  CHECK(parts > 30);
  CHECK(account.used() == 0);
}

}  // namespace
}  // namespace rondo
