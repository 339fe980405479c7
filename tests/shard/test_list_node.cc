#include "shard/list_node.h"

#include <string>
#include <vector>

#include "reactor/base/prng.h"
#include "tests/testing.h"

namespace rondo {
namespace {

std::vector<std::string> texts_of(const ListNode& node) {
  std::vector<std::string> texts;
  const PackedView elements = node.view();
  for (size_t at = elements.begin(); at < elements.end(); at = elements.next(at))
    texts.push_back(elements.at(at).to_string());
  return texts;
}

void check_equal(const ListNode& node, const std::vector<std::string>& model) {
  REQUIRE(node.count() == model.size());
  REQUIRE(node.view().count() == model.size());
  REQUIRE(texts_of(node) == model);
  REQUIRE(node.bytes() <= node.capacity());
  if (!model.empty()) REQUIRE(PackedView::is_sound(node.view().bytes()));
}

TEST_CASE("a node does what a vector does, at its ends and in between") {
  MemoryAccount account;
  ListNode node = ListNode::create(account, 10);
  std::vector<std::string> model;
  Prng prng(7);
  for (const uint64_t grow_percent : {80, 30, 60, 10}) {
    for (int i = 0; i < 2'000; ++i) {
      const size_t index = prng.one_in(3)   ? 0
                           : prng.one_in(2) ? model.size()
                                            : prng.below(model.size() + 1);
      const size_t offset = node.view().seek(index);
      const std::string text(prng.below(30), static_cast<char>('a' + prng.below(4)));
      const PackedElement element(text);
      if (prng.below(100) < grow_percent) {
        node.splice(account, {offset, 0, 0, {&element, 1}}, 8192);
        model.insert(model.begin() + static_cast<int64_t>(index), text);
      } else if (index < model.size()) {
        const size_t size = node.view().next(offset) - offset;
        const bool replaces = prng.one_in(4);
        node.splice(account, {offset, size, 1, {&element, replaces ? 1u : 0u}}, 8192);
        if (replaces) {
          model[index] = text;
        } else {
          model.erase(model.begin() + static_cast<int64_t>(index));
        }
      }
      if (i % 50 == 0) check_equal(node, model);
    }
    check_equal(node, model);
    CHECK(account.used() == node.footprint());
  }
  node.release(account);
  CHECK(account.used() == 0);
}

TEST_CASE("a filter removes equal elements, some of them kept at the front") {
  MemoryAccount account;
  Prng prng(1);
  for (int round = 0; round < 500; ++round) {
    ListNode node = ListNode::create(account, 10);
    std::vector<std::string> model;
    for (uint64_t i = prng.below(60); i > 0; --i) {
      model.push_back(prng.one_in(2) ? "17" : prng.one_in(2) ? "x" : std::string(70, 'y'));
      const PackedElement element(model.back());
      node.splice(account, {node.bytes(), 0, 0, {&element, 1}}, 8192);
    }
    const std::string wanted = prng.one_in(3) ? "17" : prng.one_in(2) ? "x" : "absent";
    const size_t skip = prng.below(10);
    const size_t limit = prng.below(12);
    std::vector<std::string> kept;
    size_t found = 0;
    for (const std::string& text : model) {
      const bool goes = text == wanted && found >= skip && found < skip + limit;
      found += text == wanted ? 1 : 0;
      if (!goes) kept.push_back(text);
    }
    CHECK(count_equal(node.view(), PackedElement(wanted)) == found);
    CHECK(node.filter(account, PackedElement(wanted), skip, limit) == model.size() - kept.size());
    check_equal(node, kept);
    node.release(account);
  }
  CHECK(account.used() == 0);
}

TEST_CASE("pushes at one end move nothing") {
  MemoryAccount account;
  for (const ListEnd end : {ListEnd::kLeft, ListEnd::kRight}) {
    ListNode node = ListNode::create(account, 10);
    const PackedElement element("0123456789");
    size_t moves = 0;
    for (int i = 0; i < 600; ++i) {
      moves += node.has_room(end, element.size(Type::kList)) ? 0 : 1;
      const size_t at = end == ListEnd::kLeft ? PackedView::kHeaderBytes : node.bytes();
      node.splice(account, {at, 0, 0, {&element, 1}}, 8192);
    }
    CHECK(moves < 40);
    CHECK(node.count() == 600);
    node.release(account);
  }
}

TEST_CASE("a copy and what is appended have the same elements") {
  MemoryAccount account;
  const std::vector<std::string> texts = {"a", "-5", "", std::string(5'000, 'z')};
  const std::vector<PackedElement> elements(texts.begin(), texts.end());
  const std::string packed = pack(Type::kList, elements);
  ListNode node = ListNode::copy_of(account, packed);
  check_equal(node, texts);
  node.append(account, std::string_view(packed).substr(PackedView::kHeaderBytes), 4, 8192);
  std::vector<std::string> twice = texts;
  twice.insert(twice.end(), texts.begin(), texts.end());
  check_equal(node, twice);
  node.release(account);
}

TEST_CASE("a node is compressed, copied and changed again") {
  MemoryAccount account;
  ListNode node = ListNode::create(account, 10);
  std::vector<std::string> model;
  CHECK_FALSE(node.may_compress());
  for (int i = 0; i < 400; ++i) {
    model.push_back("element:" + std::to_string(100'000 + i));
    const PackedElement element(model.back());
    node.splice(account, {node.bytes(), 0, 0, {&element, 1}}, 8192);
  }
  const size_t bytes = node.bytes();
  REQUIRE(node.may_compress());
  REQUIRE(node.compress(account));
  CHECK(node.is_compressed());
  CHECK_FALSE(node.may_compress());
  CHECK(node.bytes() == bytes);
  CHECK(node.count() == 400);
  CHECK(node.capacity() < bytes / 2);
  CHECK(account.used() == node.footprint());
  ListNode copy = node.clone(account);
  CHECK(copy.is_compressed());
  CHECK(account.used() == node.footprint() + copy.footprint());
  ListScratch scratch;
  CHECK(node.view(scratch).count() == 400);
  copy.decompress(account);
  check_equal(copy, model);
  CHECK(copy.view().bytes() == node.view(scratch).bytes());
  copy.keep_plain();
  CHECK_FALSE(copy.may_compress());
  // A change makes it worth a try again.
  const PackedElement element("new");
  copy.splice(account, {PackedView::kHeaderBytes, 0, 0, {&element, 1}}, 8192);
  model.insert(model.begin(), "new");
  check_equal(copy, model);
  CHECK(copy.may_compress());
  node.release(account);
  copy.release(account);
  CHECK(account.used() == 0);
}

}  // namespace
}  // namespace rondo
