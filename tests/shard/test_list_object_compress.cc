// Compressed nodes of large lists: shard/list_object_compress.cc, and all else that meets them.
#include <algorithm>
#include <cstdio>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "reactor/base/prng.h"
#include "shard/list_object.h"
#include "tests/testing.h"

namespace rondo {
namespace {

using Model = std::deque<std::string>;

std::string member(uint64_t i) {
  char text[24];
  std::snprintf(text, sizeof(text), "member:%07d", static_cast<int>(i % 10'000'000));
  return text;
}

std::string noise(Prng& prng, size_t size) {
  std::string bytes;
  while (bytes.size() < size)
    bytes += static_cast<char>(prng.below(256));
  return bytes;
}

std::unique_ptr<ListObject> list_of(int64_t limit, int64_t depth = 0) {
  return std::make_unique<ListObject>(ListLimits::of(limit, depth));
}

void push(ListObject& list, ListEnd end, const std::string& element) {
  list.push(end, PackedElement(element));
}

size_t compressed_nodes(const ListObject& list) {
  size_t found = 0;
  for (size_t i = 0; i < list.nodes(); ++i)
    found += list.is_compressed(i);
  return found;
}

std::string text_at(const ListObject& list, size_t index) {
  ListScratch scratch;
  const ListPlace place = list.seek(index, scratch);
  return list.node(place.node, scratch).at(place.offset).to_string();
}

void set(ListObject& list, size_t index, const std::string& element) {
  ListScratch scratch;
  list.set(list.seek(index, scratch), PackedElement(element));
}

void insert(ListObject& list, size_t index, const std::string& element) {
  ListScratch scratch;
  list.insert(list.seek(index, scratch), PackedElement(element));
}

void check_equal(const ListObject& list, const Model& model) {
  list.verify();
  REQUIRE(list.size() == model.size());
  ListScratch scratch;
  size_t index = 0;
  for (size_t i = 0; i < list.nodes(); ++i) {
    const PackedView elements = list.node(i, scratch);
    for (size_t at = elements.begin(); at < elements.end(); at = elements.next(at), ++index)
      REQUIRE(elements.at(at).to_string() == model[index]);
  }
}

TEST_CASE("the inner nodes of a list that is pushed are compressed, at either end") {
  for (const ListEnd end : {ListEnd::kLeft, ListEnd::kRight}) {
    const auto list = list_of(-2);
    Model model;
    for (uint64_t i = 0; i < 100'000; ++i) {
      push(*list, end, member(i));
      end == ListEnd::kLeft ? model.push_front(member(i)) : model.push_back(member(i));
    }
    check_equal(*list, model);
    CHECK(compressed_nodes(*list) >= list->nodes() - 10);
    CHECK(list->footprint() < 100'000 * 16 * 2 / 5);
  }
}

TEST_CASE("the depth is how many nodes at each end stay plain") {
  for (const int64_t depth : {1, 7, 1'000'000}) {
    const auto list = list_of(-2, depth);
    for (uint64_t i = 0; i < 50'000; ++i)
      push(*list, i % 2 == 0 ? ListEnd::kLeft : ListEnd::kRight, member(i));
    list->verify();
    REQUIRE(list->nodes() > 50);
    if (depth > 100) {
      CHECK(compressed_nodes(*list) == 0);
    } else {
      CHECK(compressed_nodes(*list) == list->nodes() - 2 * static_cast<size_t>(depth + 1));
    }
  }
}

TEST_CASE("nodes are plain again when pops have come near to them") {
  for (const ListEnd end : {ListEnd::kLeft, ListEnd::kRight}) {
    const auto list = list_of(-2);
    for (uint64_t i = 0; i < 60'000; ++i)
      push(*list, end, member(i));
    CHECK(compressed_nodes(*list) > 80);
    while (list->size() > 0) {
      const size_t count = std::min<size_t>(7, list->size());
      list->erase(end == ListEnd::kLeft ? 0 : list->size() - count, count);
      if (list->size() % 100 == 0) list->verify();
    }
    CHECK(list->nodes() == 0);
  }
}

// A node costs microseconds to compress and to read back: pushes and pops must not do it again and
// again at the border between two nodes.
TEST_CASE("pushes and pops in turns compress a node once") {
  const auto list = list_of(-2);
  uint64_t pushed = 0;
  while (list->nodes() < 60)
    push(*list, ListEnd::kLeft, member(pushed++));
  for (const size_t turns : {1, 3, 100, 600}) {
    size_t changes = 0;
    size_t before = compressed_nodes(*list);
    for (int round = 0; round < 50; ++round) {
      for (size_t i = 0; i < turns; ++i)
        push(*list, ListEnd::kLeft, member(pushed++));
      for (size_t i = 0; i < turns; ++i)
        list->erase(0, 1);
      changes += compressed_nodes(*list) != before;
      before = compressed_nodes(*list);
    }
    CHECK(changes <= 1);
  }
  list->verify();
}

std::string random_element(Prng& prng) {
  if (prng.one_in(300)) return noise(prng, prng.below(20'000));
  if (prng.one_in(300)) return std::string(prng.below(70'000), 'L');
  if (prng.one_in(4)) return "{\"class\":\"job\",\"tries\":0,\"id\":" + member(prng.next()) + "}";
  if (prng.one_in(4)) return "dup" + std::to_string(prng.below(5));
  return member(prng.next());
}

void remove_equal(ListObject& list, Model& model, Prng& prng) {
  const std::string wanted = "dup" + std::to_string(prng.below(5));
  const size_t limit = prng.one_in(2) ? SIZE_MAX : 1 + prng.below(100);
  const ListEnd from = prng.one_in(2) ? ListEnd::kLeft : ListEnd::kRight;
  size_t removed = 0;
  if (from == ListEnd::kRight) std::reverse(model.begin(), model.end());
  std::erase_if(model, [&](const std::string& text) {
    return text == wanted && removed < limit && ++removed > 0;
  });
  if (from == ListEnd::kRight) std::reverse(model.begin(), model.end());
  size_t node = 0;
  REQUIRE(list.find_node(PackedElement(wanted), from, node) == (removed > 0));
  if (removed > 0) REQUIRE(list.remove(PackedElement(wanted), limit, from, node) == removed);
}

// One change, of many elements where the list is to shrink.
void step(ListObject& list, Model& model, Prng& prng, bool shrinks) {
  const std::string element = random_element(prng);
  const size_t index = model.empty() ? 0 : prng.below(model.size());
  const uint64_t choice = model.empty() ? 0 : prng.below(20);
  if (choice < 6) {
    for (int i = 0; i < (shrinks ? 1 : 40); ++i) {
      const std::string next = random_element(prng);
      push(list, choice % 2 == 0 ? ListEnd::kLeft : ListEnd::kRight, next);
      choice % 2 == 0 ? model.push_front(next) : model.push_back(next);
    }
  } else if (choice < 10) {
    set(list, index, element);
    model[index] = element;
  } else if (choice < 14) {
    insert(list, index, element);
    model.insert(model.begin() + static_cast<int64_t>(index), element);
  } else if (choice == 14 && prng.one_in(20)) {
    remove_equal(list, model, prng);
  } else {
    const size_t from = choice < 17 ? index : 0;
    const size_t most = !shrinks ? 3 : prng.one_in(10) ? 2'000 : 60;
    const size_t count = std::min<size_t>(1 + prng.below(most), model.size() - from);
    list.erase(from, count);
    const auto begin = model.begin() + static_cast<int64_t>(from);
    model.erase(begin, begin + static_cast<int64_t>(count));
  }
}

TEST_CASE("a list with compressed nodes does what a deque does, while it grows and shrinks") {
  for (const int64_t limit : {-1, -2, -5, 60}) {
    for (const int64_t depth : {0, 3, 9}) {
      CAPTURE(limit);
      CAPTURE(depth);
      const auto list = list_of(limit, depth);
      Model model;
      Prng prng(static_cast<uint64_t>(limit + 10 + depth));
      size_t most = 0;
      for (const bool shrinks : {false, true, false, true}) {
        for (int i = 0; i < 1'500; ++i) {
          step(*list, model, prng, shrinks);
          if (i % 250 == 0) check_equal(*list, model);
          if (model.empty()) continue;
          const size_t index = prng.below(model.size());
          REQUIRE(text_at(*list, index) == model[index]);
          if (i % 50 == 0) most = std::max(most, compressed_nodes(*list));
        }
        check_equal(*list, model);
      }
      CHECK(most > 5);
      const std::unique_ptr<Object> copy = list->clone();
      const Model before = model;
      for (int i = 0; i < 200; ++i)
        step(*list, model, prng, true);
      check_equal(*list, model);
      check_equal(static_cast<const ListObject&>(*copy), before);
    }
  }
}

TEST_CASE("what is changed in the middle stays plain as long as it is changed") {
  const auto list = list_of(-2);
  for (uint64_t i = 0; i < 200'000; ++i)
    push(*list, ListEnd::kRight, member(i));
  const size_t before = compressed_nodes(*list);
  const auto is_compressed = [&](size_t index) {
    ListScratch scratch;
    return list->is_compressed(list->seek(index, scratch).node);
  };
  Prng prng(5);
  // Two places in turns: their nodes are not compressed in between.
  for (int i = 0; i < 10'000; ++i) {
    set(*list, i % 2 == 0 ? 100'000 : 150'000, member(prng.next()));
    REQUIRE_FALSE(is_compressed(100'000));
  }
  CHECK(compressed_nodes(*list) >= before - 3);
  // Afterwards the hand finds them.
  for (int i = 0; i < 10'000; ++i)
    set(*list, 50'000, member(prng.next()));
  CHECK(is_compressed(100'000));
  CHECK(is_compressed(150'000));
  list->verify();
}

TEST_CASE("pushes compress again what changes all over a list have left plain") {
  const auto list = list_of(-2);
  for (uint64_t i = 0; i < 50'000; ++i)
    push(*list, ListEnd::kRight, member(i));
  Prng prng(6);
  for (int i = 0; i < 10'000; ++i)
    set(*list, prng.below(list->size()), member(prng.next()));
  CHECK(compressed_nodes(*list) < list->nodes() / 2);
  for (uint64_t i = 0; i < 100'000; ++i)
    push(*list, ListEnd::kRight, member(i));
  list->verify();
  CHECK(compressed_nodes(*list) >= list->nodes() - 12);
}

TEST_CASE("nodes that come to be near an end by joins and removals are plain") {
  const auto list = list_of(-2, 4);
  for (uint64_t i = 0; i < 20'000; ++i)
    push(*list, ListEnd::kRight, i < 2'000 ? "removed" : member(i));
  REQUIRE(list->is_compressed(4));
  size_t node = 0;
  REQUIRE(list->find_node(PackedElement("removed"), ListEnd::kLeft, node));
  CHECK(list->remove(PackedElement("removed"), SIZE_MAX, ListEnd::kLeft, node) == 2'000);
  list->verify();
  CHECK_FALSE(list->is_compressed(3));
  REQUIRE(list->is_compressed(4));
  // All but two elements of nodes 1 and 3 go; then node 2 is split, and its halves join them.
  const auto count_before = [&](size_t end) {
    ListScratch scratch;
    size_t count = 0;
    for (size_t i = 0; i < end; ++i)
      count += list->node(i, scratch).count();
    return count;
  };
  for (const size_t i : {3, 1})
    list->erase(count_before(i) + 1, count_before(i + 1) - count_before(i) - 2);
  const size_t nodes = list->nodes();
  insert(*list, (count_before(2) + count_before(3)) / 2, std::string(500, 'x'));
  CHECK(list->nodes() == nodes - 1);
  CHECK_FALSE(list->is_compressed(3));
  list->verify();
}

TEST_CASE("a removal from all of a list leaves it compressed") {
  const auto list = list_of(-2);
  for (uint64_t i = 0; i < 200'000; ++i)
    push(*list, ListEnd::kRight, i % 10 == 0 ? "removed" : member(i));
  const size_t before = list->footprint();
  size_t node = 0;
  REQUIRE(list->find_node(PackedElement("removed"), ListEnd::kLeft, node));
  CHECK(list->remove(PackedElement("removed"), SIZE_MAX, ListEnd::kLeft, node) == 20'000);
  list->verify();
  CHECK(list->footprint() < before);
  CHECK(compressed_nodes(*list) > list->nodes() * 9 / 10);
  CHECK_FALSE(list->find_node(PackedElement("removed"), ListEnd::kLeft, node));
}

TEST_CASE("what cannot be compressed stays plain, and is tried ever more rarely") {
  Prng prng(2);
  const auto list = list_of(-2);
  for (int i = 0; i < 20'000; ++i)
    push(*list, ListEnd::kLeft, noise(prng, 50));
  list->verify();
  CHECK(compressed_nodes(*list) == 0);
  CHECK(list->footprint() < 20'000 * 52 * 103 / 100 + 10'000);
  // What comes afterwards is found out, if later than at once.
  for (uint64_t i = 0; i < 100'000; ++i)
    push(*list, ListEnd::kLeft, member(i));
  list->verify();
  CHECK(compressed_nodes(*list) > 100);
}

TEST_CASE("a clone is compressed as the list is") {
  const auto list = list_of(-2);
  for (uint64_t i = 0; i < 100'000; ++i)
    push(*list, ListEnd::kRight, member(i));
  const std::unique_ptr<Object> copy = list->clone();
  const auto& cloned = static_cast<const ListObject&>(*copy);
  cloned.verify();
  CHECK(compressed_nodes(cloned) == compressed_nodes(*list));
  CHECK(cloned.footprint() < list->footprint() + 20'000);
  CHECK(text_at(cloned, 50'000) == member(50'000));
}

TEST_CASE("a list with compressed nodes is freed in parts") {
  const auto list = list_of(-2);
  for (uint64_t i = 0; i < 300'000; ++i)
    push(*list, ListEnd::kRight, member(i));
  size_t before = list->footprint();
  int parts = 1;
  while (!list->free_some(256)) {
    CHECK(list->footprint() < before);
    before = list->footprint();
    ++parts;
  }
  CHECK(parts > 8);
  CHECK(list->nodes() == 0);
}

}  // namespace
}  // namespace rondo
