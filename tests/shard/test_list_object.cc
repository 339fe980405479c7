// Large lists: shard/list_object.cc and shard/list_object_edit.cc.
#include "shard/list_object.h"

#include <malloc.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "reactor/base/prng.h"
#include "tests/testing.h"

namespace rondo {
namespace {

using Model = std::deque<std::string>;

std::vector<std::string> texts_of(const ListObject& list) {
  std::vector<std::string> texts;
  ListScratch scratch;
  for (size_t i = 0; i < list.nodes(); ++i) {
    const PackedView elements = list.node(i, scratch);
    for (size_t at = elements.begin(); at < elements.end(); at = elements.next(at))
      texts.push_back(elements.at(at).to_string());
  }
  return texts;
}

std::string text_at(const ListObject& list, size_t index) {
  ListScratch scratch;
  const ListPlace place = list.seek(index, scratch);
  return list.node(place.node, scratch).at(place.offset).to_string();
}

void check_equal(const ListObject& list, const Model& model) {
  list.verify();
  REQUIRE(list.size() == model.size());
  REQUIRE(texts_of(list) == std::vector<std::string>(model.begin(), model.end()));
}

// Few different ones, so that removals find several; sometimes one that needs a node of its own.
std::string random_element(Prng& prng) {
  if (prng.one_in(200)) return std::string(prng.below(70'000), 'L');
  if (prng.one_in(3)) return std::to_string(static_cast<int64_t>(prng.next()) >> prng.below(64));
  if (prng.one_in(3)) return "dup" + std::to_string(prng.below(5));
  return std::string(prng.below(100), static_cast<char>('a' + prng.below(26)));
}

size_t remove_from(Model& model, const std::string& wanted, size_t limit, ListEnd from) {
  size_t removed = 0;
  if (from == ListEnd::kRight) std::reverse(model.begin(), model.end());
  for (auto at = model.begin(); at != model.end() && removed < limit;) {
    if (*at == wanted) {
      at = model.erase(at);
      ++removed;
    } else {
      ++at;
    }
  }
  if (from == ListEnd::kRight) std::reverse(model.begin(), model.end());
  return removed;
}

void push(ListObject& list, Model& model, ListEnd end, const std::string& element) {
  list.push(end, PackedElement(element));
  end == ListEnd::kLeft ? model.push_front(element) : model.push_back(element);
}

void remove_equal(ListObject& list, Model& model, Prng& prng) {
  const std::string wanted = "dup" + std::to_string(prng.below(5));
  const size_t limit = prng.one_in(3) ? SIZE_MAX : 1 + prng.below(6);
  const ListEnd from = prng.one_in(2) ? ListEnd::kLeft : ListEnd::kRight;
  size_t node = 0;
  const bool found = list.find_node(PackedElement(wanted), from, node);
  const size_t removed = remove_from(model, wanted, limit, from);
  REQUIRE(found == (removed > 0));
  if (found) REQUIRE(list.remove(PackedElement(wanted), limit, from, node) == removed);
}

// A random change in both; more of the list goes than comes when `shrinks`.
void step(ListObject& list, Model& model, Prng& prng, bool shrinks) {
  const std::string element = random_element(prng);
  const uint64_t choice = prng.below(shrinks ? 10 : 7);
  if (choice < 2 || model.empty()) {
    push(list, model, ListEnd::kLeft, element);
    return;
  }
  const size_t index = prng.below(model.size());
  ListScratch scratch;
  if (choice < 4) {
    push(list, model, ListEnd::kRight, element);
  } else if (choice == 4) {
    list.insert(list.seek(index, scratch), PackedElement(element));
    model.insert(model.begin() + static_cast<int64_t>(index), element);
  } else if (choice == 5) {
    list.set(list.seek(index, scratch), PackedElement(element));
    model[index] = element;
  } else if (choice == 6 && prng.one_in(20)) {
    remove_equal(list, model, prng);
  } else if (choice >= 7) {
    const size_t from = prng.one_in(2) ? index : prng.one_in(2) ? 0 : model.size() - 1;
    const size_t count =
        std::min<size_t>(1 + prng.below(prng.one_in(30) ? 400 : 3), model.size() - from);
    list.erase(from, count);
    const auto begin = model.begin() + static_cast<int64_t>(from);
    model.erase(begin, begin + static_cast<int64_t>(count));
  }
}

TEST_CASE("a list object does what a deque does, while it grows and shrinks") {
  for (const int64_t limit : {-1, -2, -5, 1, 3, 100}) {
    CAPTURE(limit);
    const auto object = std::make_unique<ListObject>(ListLimits::of(limit));
    ListObject& list = *object;
    Model model;
    Prng prng(static_cast<uint64_t>(limit + 10));
    for (const bool shrinks : {false, true, false, true}) {
      for (int i = 0; i < 3'000; ++i) {
        step(list, model, prng, shrinks);
        if (i % 500 == 0) check_equal(list, model);
        if (model.empty()) continue;
        const size_t index = prng.below(model.size());
        REQUIRE(text_at(list, index) == model[index]);
      }
      check_equal(list, model);
    }
    list.erase(0, list.size());
    CHECK(list.nodes() == 0);
    list.verify();
  }
}

TEST_CASE("a queue stays as small as what is in it") {
  for (const ListEnd end : {ListEnd::kLeft, ListEnd::kRight}) {
    const auto object = std::make_unique<ListObject>(ListLimits::of(-2));
    ListObject& list = *object;
    for (int i = 0; i < 5'000; ++i)
      list.push(end, PackedElement("element:" + std::to_string(i)));
    const size_t full = list.footprint();
    for (int i = 5'000; i < 100'000; ++i) {
      list.push(end, PackedElement("element:" + std::to_string(i)));
      const size_t last = end == ListEnd::kLeft ? list.size() - 1 : 0;
      REQUIRE(text_at(list, last) == "element:" + std::to_string(i - 5'000));
      list.erase(last, 1);
    }
    list.verify();
    CHECK(list.size() == 5'000);
    CHECK(list.footprint() < full + full / 2);
  }
}

TEST_CASE("nodes of a list that was pushed are full") {
  for (const ListEnd end : {ListEnd::kLeft, ListEnd::kRight}) {
    const auto object = std::make_unique<ListObject>(ListLimits::of(-2));
    for (int i = 0; i < 100'000; ++i)
      object->push(end, PackedElement("e" + std::to_string(100'000 + i)));
    // Seven letters, a head and a size.
    CHECK(object->footprint() < 100'000 * 9 * 102 / 100 + 8'192);
    CHECK(object->nodes() < 100'000 * 9 / 8'000 + 1);
  }
}

TEST_CASE("removals leave no crowd of small nodes behind") {
  const auto object = std::make_unique<ListObject>(ListLimits::of(-2));
  for (int i = 0; i < 50'000; ++i)
    object->push(ListEnd::kRight, PackedElement(i % 20 == 0 ? "kept" : "removed"));
  size_t node = 0;
  REQUIRE(object->find_node(PackedElement("removed"), ListEnd::kLeft, node));
  CHECK(object->remove(PackedElement("removed"), SIZE_MAX, ListEnd::kLeft, node) == 47'500);
  object->verify();
  CHECK(object->nodes() <= 3);
  CHECK(object->footprint() < 2'500 * 6 * 2);
}

TEST_CASE("a packed list is taken over, whatever the limits are now") {
  std::vector<std::string> texts;
  for (int i = 0; i < 300; ++i)
    texts.push_back(std::to_string(i * i));
  const std::vector<PackedElement> elements(texts.begin(), texts.end());
  const std::string packed = pack(Type::kList, elements);
  for (const int64_t limit : {-2, 10, 1}) {
    const auto object = std::make_unique<ListObject>(ListLimits::of(limit));
    object->adopt(packed);
    check_equal(*object, Model(texts.begin(), texts.end()));
  }
}

TEST_CASE("a clone of a list is equal and on its own") {
  const auto object = std::make_unique<ListObject>(ListLimits::of(-1));
  ListObject& list = *object;
  Model model;
  Prng prng(8);
  for (int i = 0; i < 3'000; ++i)
    step(list, model, prng, false);
  const std::unique_ptr<Object> copy = list.clone();
  const Model before = model;
  for (int i = 0; i < 3'000; ++i)
    step(list, model, prng, true);
  check_equal(list, model);
  check_equal(static_cast<const ListObject&>(*copy), before);
  CHECK(copy->type() == Type::kList);
}

TEST_CASE("a list object is freed in parts that add up") {
  const auto object = std::make_unique<ListObject>(ListLimits::of(-2));
  ListObject& list = *object;
  for (uint64_t i = 0; i < 500'000; ++i)
    list.push(ListEnd::kRight, PackedElement("element"));
  size_t before = list.footprint();
  int parts = 1;
  while (!list.free_some(256)) {
    const size_t after = list.footprint();
    CHECK(after < before);
    CHECK(before - after < 64 * 8'192);
    before = after;
    ++parts;
  }
  CHECK(parts > 8);
}

}  // namespace
}  // namespace rondo
