#include "shard/sorted_set_object.h"

#include <malloc.h>

#include <algorithm>
#include <cstring>

namespace rondo {

namespace {

// How many members a walk over all of them looks at in one step.
constexpr size_t kWalkStep = 1024;

}  // namespace

SortedSetObject::SortedSetObject()
    : Object(Type::kZset), pool_(account_), index_(account_), tree_(account_) {}

SortedSetObject::~SortedSetObject() {
  while (!free_some(kWalkStep)) {
  }
}

size_t SortedSetObject::footprint() const {
  return malloc_usable_size(const_cast<SortedSetObject*>(this)) + account_.used();
}

// The tree goes first, since it reads no member; then the index, with the long members that only it
// finds; then the chunks of all others.
bool SortedSetObject::free_some(size_t budget) {
  if (!tree_.free_some(budget / RankTree::kLeafMax + 1)) return false;
  const auto dispose = [&](uint64_t word) {
    ScoredMember* member = MemberPolicy::member(word);
    const size_t bytes = member->block_bytes();
    if (!MemberPool::is_pooled(bytes)) pool_.release_last(member, bytes);
  };
  if (!index_.drain(budget / Bucket::kWords + 1, dispose)) return false;
  return pool_.free_chunks();
}

std::unique_ptr<Object> SortedSetObject::clone() const {
  auto copy = std::make_unique<SortedSetObject>();
  tree_.visit(0, size(), [&](const ScoredMember& member) {
    copy->insert(make_key(member.text()), member.score());
  });
  return copy;
}

ScoredMember* SortedSetObject::find(const Key& member) const {
  const Place place = index_.find(member.hash, member.bytes);
  return place ? MemberPolicy::member(place.word()) : nullptr;
}

void SortedSetObject::insert(const Key& member, double score) {
  void* block = pool_.allocate(ScoredMember::block_bytes(member.bytes.size()));
  ScoredMember* made = ScoredMember::write(block, score, member.bytes);
  index_.insert(member.hash, reinterpret_cast<uint64_t>(made), 0);
  tree_.insert(made);
}

void SortedSetObject::rescore(ScoredMember* member, double score) {
  if (tree_.rescore(member, score)) return;
  tree_.erase(member);
  member->set_score(score);
  tree_.insert(member);
}

bool SortedSetObject::erase(const Key& member) {
  const Place place = index_.find(member.hash, member.bytes);
  if (!place) return false;
  remove(member, place);
  return true;
}

void SortedSetObject::remove(const Key& key, Place place) {
  ScoredMember* member = MemberPolicy::member(place.word());
  const size_t bytes = member->block_bytes();
  tree_.erase(member);
  index_.erase(key.hash, place);
  auto* last = static_cast<ScoredMember*>(pool_.last(member, bytes));
  if (last != member) {
    const Key moved = make_key(last->text());
    const Place found = index_.find(moved.hash, moved.bytes);
    CHECK(found && MemberPolicy::member(found.word()) == last);
    std::memcpy(static_cast<void*>(member), last, last->block_bytes());
    found.set_payload(reinterpret_cast<uint64_t>(member));
    tree_.replace(last, member);
  }
  pool_.release_last(last, bytes);
}

void SortedSetObject::erase_range(size_t first, size_t count) {
  for (; count > 0; --count) {
    // The text is in the block that goes: the key is only read before that.
    const Key key = make_key(tree_.at(first)->text());
    const Place place = index_.find(key.hash, key.bytes);
    CHECK(place);
    remove(key, place);
  }
}

void SortedSetObject::verify() const {
  index_.verify();
  pool_.verify();
  size_t bytes = index_.footprint() + tree_.verify();
  size_t members = 0;
  size_t pooled = 0;
  size_t pooled_bytes = 0;
  uint64_t cursor = 0;
  do {
    cursor = scan(cursor, kWalkStep, [&](const ScoredMember& member) {
      ++members;
      CHECK(find(make_key(member.text())) == &member);
      CHECK(member.score() == member.score());
      CHECK(tree_.at(tree_.rank(&member)) == &member);
      const size_t block = member.block_bytes();
      if (MemberPool::is_pooled(block)) {
        ++pooled;
        pooled_bytes += block;
      } else {
        bytes += malloc_usable_size(const_cast<ScoredMember*>(&member));
      }
    });
  } while (cursor != 0);
  CHECK(members == size() && members == index_.size());
  CHECK(pooled == pool_.pooled_blocks());
  CHECK(bytes + pool_.footprint() == account_.used());
  CHECK(pooled_bytes <= pool_.footprint());
}

}  // namespace rondo
