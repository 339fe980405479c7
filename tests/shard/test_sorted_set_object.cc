// Covers shard/sorted_set_object.cc; its parts have tests of their own.
#include "shard/sorted_set_object.h"

#include <malloc.h>

#include <map>
#include <memory>
#include <set>
#include <string>

#include "reactor/base/prng.h"
#include "tests/testing.h"

namespace rondo {
namespace {

using Model = std::map<std::string, double>;

// Some short, some longer than a pooled block.
std::string member_name(uint64_t number) {
  std::string name = "member:" + std::to_string(number);
  if (number % 20 == 0) name += std::string(number % 400, 'x');
  return name;
}

void check_equal(const SortedSetObject& zset, const Model& model) {
  zset.verify();
  REQUIRE(zset.size() == model.size());
  std::set<std::pair<double, std::string>> order;
  for (const auto& [name, score] : model) {
    const ScoredMember* found = zset.find(make_key(name));
    REQUIRE(found != nullptr);
    REQUIRE(found->score() == score);
    order.emplace(score, name);
  }
  auto next = order.begin();
  zset.order().visit(0, zset.size(), [&](const ScoredMember& member) {
    REQUIRE(member.text() == next->second);
    ++next;
  });
}

// Sets or erases a random member, in both.
void step(SortedSetObject& zset, Model& model, Prng& prng, uint64_t members,
          uint64_t erase_percent) {
  const std::string name = member_name(prng.below(members));
  const Key key = make_key(name);
  if (prng.below(100) < erase_percent) {
    REQUIRE(zset.erase(key) == (model.erase(name) == 1));
    return;
  }
  const auto score = static_cast<double>(prng.below(1000)) / 4;
  ScoredMember* found = zset.find(key);
  REQUIRE((found != nullptr) == model.contains(name));
  if (found == nullptr) {
    zset.insert(key, score);
  } else {
    zset.rescore(found, score);
  }
  model[name] = score;
}

TEST_CASE("a sorted set object does what a map and a set do, while it grows and shrinks") {
  const auto object = std::make_unique<SortedSetObject>();
  SortedSetObject& zset = *object;
  const size_t empty = zset.footprint();
  Model model;
  Prng prng(11);
  for (const uint64_t erase_percent : {10, 90, 30, 95}) {
    for (int i = 0; i < 15'000; ++i)
      step(zset, model, prng, 4'000, erase_percent);
    check_equal(zset, model);
  }
  while (!model.empty()) {
    REQUIRE(zset.erase(make_key(model.begin()->first)));
    model.erase(model.begin());
  }
  check_equal(zset, model);
  CHECK(zset.footprint() == empty);
}

TEST_CASE("ranges of ranks are erased") {
  const auto object = std::make_unique<SortedSetObject>();
  SortedSetObject& zset = *object;
  Prng prng(12);
  Model model;
  for (int i = 0; i < 5'000; ++i)
    step(zset, model, prng, 3'000, 0);
  while (zset.size() > 0) {
    const size_t first = prng.below(zset.size());
    const size_t count = prng.below(std::min<size_t>(zset.size() - first, 300)) + 1;
    zset.order().visit(first, count,
                       [&](const ScoredMember& m) { model.erase(std::string(m.text())); });
    zset.erase_range(first, count);
    check_equal(zset, model);
  }
}

TEST_CASE("a scan of a sorted set beside changes visits every member that stays") {
  const auto object = std::make_unique<SortedSetObject>();
  SortedSetObject& zset = *object;
  for (uint64_t i = 0; i < 3'000; ++i)
    zset.insert(make_key("stays" + std::to_string(i)), static_cast<double>(i));
  Prng prng(5);
  std::set<std::string> seen;
  uint64_t cursor = 0;
  do {
    cursor = zset.scan(cursor, 10, [&](const ScoredMember& m) { seen.emplace(m.text()); });
    for (int i = 0; i < 40; ++i) {
      const std::string name = "goes" + std::to_string(prng.below(6'000));
      if (!zset.erase(make_key(name))) zset.insert(make_key(name), 1);
    }
  } while (cursor != 0);
  for (uint64_t i = 0; i < 3'000; ++i)
    REQUIRE(seen.contains("stays" + std::to_string(i)));
}

TEST_CASE("a clone of a sorted set is equal and on its own") {
  const auto object = std::make_unique<SortedSetObject>();
  SortedSetObject& zset = *object;
  Model model;
  Prng prng(8);
  for (int i = 0; i < 3'000; ++i)
    step(zset, model, prng, 1'000, 20);
  const std::unique_ptr<Object> copy = zset.clone();
  const Model before = model;
  for (int i = 0; i < 3'000; ++i)
    step(zset, model, prng, 1'000, 50);
  check_equal(zset, model);
  check_equal(static_cast<const SortedSetObject&>(*copy), before);
  CHECK(copy->type() == Type::kZset);
}

TEST_CASE("a sorted set object is freed in parts that add up") {
  const auto object = std::make_unique<SortedSetObject>();
  SortedSetObject& zset = *object;
  for (uint64_t i = 0; i < 20'000; ++i)
    zset.insert(make_key(member_name(i)), static_cast<double>(i % 100));
  size_t before = zset.footprint();
  int parts = 1;
  while (!zset.free_some(256)) {
    const size_t after = zset.footprint();
    CHECK(after <= before);
    CHECK(before - after < 64 * 1024);
    before = after;
    ++parts;
  }
  CHECK(parts > 50);
  CHECK(zset.footprint() == malloc_usable_size(&zset));
}

TEST_CASE("a member of 14 bytes costs at most 50 bytes") {
  const auto object = std::make_unique<SortedSetObject>();
  Prng prng(1);
  char name[32];
  constexpr int kMembers = 300'000;
  for (int i = 0; i < kMembers; ++i) {
    std::snprintf(name, sizeof(name), "member:%07d", i);
    object->insert(make_key(name), static_cast<double>(prng.next()));
  }
  CHECK(object->footprint() <= size_t{50} * kMembers);
}

}  // namespace
}  // namespace rondo
