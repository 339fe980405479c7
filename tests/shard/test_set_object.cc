// Sets as tables, and the words of their members: shard/set_member.cc.
#include "shard/set_object.h"

#include <malloc.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_set>

#include "reactor/base/prng.h"
#include "tests/testing.h"

namespace rondo {
namespace {

using Model = std::unordered_set<std::string>;

// Members of every form, among them many that are near the border between two forms.
std::string random_member(Prng& prng, uint64_t members) {
  const uint64_t number = prng.below(members);
  switch (number % 5) {
    case 0:
      return std::to_string(static_cast<int64_t>(number) - 100);
    case 1:
      return "0" + std::to_string(number);
    case 2:
      return "member:" + std::to_string(number);
    case 3:
      return std::to_string(number) + std::string(number % 80, 'x');
    default: {
      const int64_t limit = int64_t{1} << 43;
      const auto near = static_cast<int64_t>(number % 20) - 10;
      return std::to_string(number % 3 == 0 ? limit + near : near - limit);
    }
  }
}

void check_equal(const SetObject& set, const Model& model) {
  set.verify();
  REQUIRE(set.size() == model.size());
  for (const std::string& member : model)
    REQUIRE(set.contains(make_key(member)));
}

// Inserts or erases a random member, in both.
void step(SetObject& set, Model& model, Prng& prng, uint64_t members, uint64_t erase_percent) {
  const std::string member = random_member(prng, members);
  if (prng.below(100) < erase_percent) {
    REQUIRE(set.erase(make_key(member)) == (model.erase(member) == 1));
  } else {
    REQUIRE(set.insert(make_key(member)) == model.insert(member).second);
  }
}

TEST_CASE("a set object does what a set does, while it grows and shrinks") {
  const auto object = std::make_unique<SetObject>();
  SetObject& set = *object;
  const size_t empty = set.footprint();
  Model model;
  Prng prng(11);
  for (const uint64_t erase_percent : {10, 90, 30, 95}) {
    for (int i = 0; i < 20'000; ++i)
      step(set, model, prng, 5'000, erase_percent);
    check_equal(set, model);
    CHECK_FALSE(set.contains(make_key("nothing like it")));
  }
  while (!model.empty()) {
    REQUIRE(set.erase(make_key(*model.begin())));
    model.erase(model.begin());
  }
  check_equal(set, model);
  CHECK(set.footprint() == empty);
}

TEST_CASE("texts of every length, and what looks like an integer, come back as they were") {
  const auto object = std::make_unique<SetObject>();
  SetObject& set = *object;
  Model model;
  const auto add = [&](const std::string& member) {
    CHECK(set.insert(make_key(member)) == model.insert(member).second);
    CHECK_FALSE(set.insert(make_key(member)));
  };
  for (size_t size = 0; size < 300; ++size)
    add(std::string(size, 'v'));
  add(std::string(70'000, 'w'));
  add(std::string("\0\0\0", 3));
  add(std::string("\0\0\0\0\0", 5));
  for (const char* text : {"0", "-0", "00", "+1", "1", "-1", "1 ", "01", "8796093022207",
                           "8796093022208", "-8796093022208", "-8796093022209",
                           "9223372036854775807", "-9223372036854775808", "9223372036854775808"}) {
    add(text);
  }
  check_equal(set, model);
  Model seen;
  uint64_t cursor = 0;
  do {
    cursor = set.scan(cursor, 10,
                      [&](const Item& member) { CHECK(seen.insert(member.to_string()).second); });
  } while (cursor != 0);
  CHECK(seen == model);
}

TEST_CASE("integers and short texts take no memory beside the table") {
  const auto object = std::make_unique<SetObject>();
  SetObject& set = *object;
  for (int i = 0; i < 100'000; ++i)
    set.insert(make_key(std::to_string(i)));
  CHECK(set.footprint() < 100'000 * 14);
  CHECK(set.insert(make_key("apple")));
  CHECK(set.footprint() < 100'000 * 14);
}

TEST_CASE("a scan beside changes visits every member that stays") {
  const auto object = std::make_unique<SetObject>();
  SetObject& set = *object;
  for (uint64_t i = 0; i < 3'000; ++i)
    set.insert(make_key("m" + std::to_string(i)));
  Prng prng(5);
  std::set<std::string> seen;
  uint64_t cursor = 0;
  do {
    cursor = set.scan(cursor, 10, [&](const Item& member) { seen.insert(member.to_string()); });
    // Members from 3000 on come and go.
    for (int i = 0; i < 40; ++i) {
      const std::string name = "m" + std::to_string(3'000 + prng.below(6'000));
      if (!set.erase(make_key(name))) set.insert(make_key(name));
    }
  } while (cursor != 0);
  for (uint64_t i = 0; i < 3'000; ++i)
    REQUIRE(seen.contains("m" + std::to_string(i)));
}

TEST_CASE("every member is drawn about equally often") {
  const auto object = std::make_unique<SetObject>();
  SetObject& set = *object;
  constexpr int kMembers = 500;
  for (int i = 0; i < kMembers; ++i)
    set.insert(make_key(std::to_string(i)));
  Prng prng(6);
  std::map<std::string, int> drawn;
  for (int i = 0; i < kMembers * 200; ++i) {
    char scratch[8];
    ++drawn[SetObject::item(set.random(prng), scratch).to_string()];
  }
  REQUIRE(drawn.size() == kMembers);
  for (const auto& [member, times] : drawn) {
    CHECK(times > 100);
    CHECK(times < 300);
  }
}

TEST_CASE("a clone is equal and on its own") {
  const auto object = std::make_unique<SetObject>();
  SetObject& set = *object;
  Model model;
  Prng prng(8);
  for (int i = 0; i < 3'000; ++i)
    step(set, model, prng, 1'000, 20);
  const std::unique_ptr<Object> copy = set.clone();
  const Model before = model;
  for (int i = 0; i < 3'000; ++i)
    step(set, model, prng, 1'000, 50);
  check_equal(set, model);
  check_equal(static_cast<const SetObject&>(*copy), before);
  CHECK(copy->type() == Type::kSet);
}

TEST_CASE("a set object is freed in parts that add up") {
  const auto object = std::make_unique<SetObject>();
  SetObject& set = *object;
  for (int i = 0; i < 10'000; ++i)
    set.insert(make_key("a member of some length " + std::to_string(i)));
  size_t before = set.footprint();
  int parts = 1;
  while (!set.free_some(256)) {
    const size_t after = set.footprint();
    CHECK(after <= before);
    // What about 256 members take, and at times a segment.
    CHECK(before - after < 256 * 80 + 20'000);
    before = after;
    ++parts;
  }
  CHECK(parts > 30);
  CHECK(set.footprint() == malloc_usable_size(&set));
}

}  // namespace
}  // namespace rondo
