// How a table changes its shape. Reading it in its order is in table_walk.cc.
#include "shard/table.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace rondo {

namespace {

// What a segment without buckets refers to, so that a lookup needs no case for it. Never written.
alignas(64) constinit const Bucket kEmptyBucket{};

constexpr size_t kDirectoryBytes = sizeof(uint64_t) + sizeof(uint16_t);  // For each entry.

// How many buckets ahead of their use entries are asked for while a segment is split: that is about
// as many cache misses as a core can have under way.
constexpr uint32_t kSplitAhead = 2;

}  // namespace

TableBase::TableBase(MemoryAccount& account, HashOf hash_of, Prefetch prefetch_entry)
    : account_(&account), hash_of_(hash_of), prefetch_entry_(prefetch_entry) {
  reset();
}

TableBase::TableBase(TableBase&& other) noexcept
    : entries_(other.entries_),
      counts_(other.counts_),
      bits_(other.bits_),
      drained_(other.drained_),
      drain_index_(other.drain_index_),
      size_(other.size_),
      segments_(other.segments_),
      deepest_(other.deepest_),
      buckets_(other.buckets_),
      table_bytes_(other.table_bytes_),
      pool_(std::move(other.pool_)),
      account_(other.account_),
      hash_of_(other.hash_of_),
      prefetch_entry_(other.prefetch_entry_),
      root_entry_(other.root_entry_),
      root_count_(other.root_count_) {
  if (bits_ == 0) {
    entries_ = &root_entry_;
    counts_ = &root_count_;
  }
  other.reset();
}

TableBase::~TableBase() {
  release_all();
}

void TableBase::release_all() {
  for (size_t i = drain_index_; i >> bits_ == 0;) {
    const uint64_t entry = entries_[i];
    const Segment segment = segment_in(entry);
    if (!SegmentPool::is_pooled(segment.size())) release_segment(segment);
    i += size_t{1} << (bits_ - depth_in(entry));
  }
  pool_.reset();
  release_directory();
}

// The state of an empty table. Frees nothing.
void TableBase::reset() {
  bits_ = 0;
  drained_ = 0;
  drain_index_ = 0;
  size_ = 0;
  segments_ = 1;
  deepest_ = 1;
  buckets_ = 0;
  table_bytes_ = 0;
  entries_ = &root_entry_;
  counts_ = &root_count_;
  root_entry_ = make_entry(allocate_segment(0), 0);
  root_count_ = 0;
}

uint64_t TableBase::make_entry(Segment segment, int depth) {
  const auto address = reinterpret_cast<uintptr_t>(segment.buckets());
  CHECK((address & ~kAddressMask) == 0);
  return uint64_t{segment.size()} << 48 | address | static_cast<uint64_t>(depth);
}

uint32_t TableBase::next_size(uint32_t buckets) {
  if (buckets == 0) return 1;
  if (buckets < SegmentPool::kBucketsMin) return buckets * 2;
  if (buckets < kSplitBuckets) return buckets + SegmentPool::kBucketsStep;
  return buckets + buckets / 4;
}

// The smallest size at which that many words are a load of at most 4 of 7: room to grow, and far
// from the bound at which a segment shrinks.
uint32_t TableBase::size_for(uint32_t words) {
  uint32_t buckets = 0;
  while (buckets * 4 < words)
    buckets = next_size(buckets);
  return buckets;
}

// The size of a half: full enough to be worth its memory, with some room before the first resize.
uint32_t TableBase::size_after_split(uint32_t words) {
  uint32_t buckets = 0;
  while (limit(buckets) < words + words / 32)
    buckets = next_size(buckets);
  return buckets;
}

Segment TableBase::allocate_segment(uint32_t buckets) {
  if (buckets == 0) return {const_cast<Bucket*>(&kEmptyBucket), 0};
  buckets_ += buckets;
  if (SegmentPool::is_pooled(buckets)) {
    if (pool_ == nullptr) pool_ = std::make_unique<SegmentPool>(*account_);
    return {pool_->allocate(buckets), buckets};
  }
  auto* memory = static_cast<Bucket*>(account_->allocate_lines(buckets * sizeof(Bucket)));
  std::memset(static_cast<void*>(memory), 0, buckets * sizeof(Bucket));
  table_bytes_ += malloc_usable_size(memory);
  return {memory, buckets};
}

void TableBase::release_segment(Segment segment) {
  if (segment.size() == 0) return;
  buckets_ -= segment.size();
  if (SegmentPool::is_pooled(segment.size())) {
    Bucket* last = pool_->last(segment.size());
    if (last != segment.buckets()) relocate(last, segment);
    pool_->release_last(segment.size());
    return;
  }
  table_bytes_ -= malloc_usable_size(segment.buckets());
  account_->release(segment.buckets());
}

// The segment at `from` moves to a place that is as large. Where the directory refers to it is
// found by one of its words: a segment of the pool has some, as it would have shrunk before.
void TableBase::relocate(Bucket* from, Segment to) {
  std::memcpy(static_cast<void*>(to.buckets()), from, to.size() * sizeof(Bucket));
  const Bucket* filled = from;
  while (filled->words[0] == 0) {
    ++filled;
    CHECK(filled < from + to.size());
  }
  const size_t first = first_index(prefix_of(hash_of_(filled->words[0]), bits_));
  CHECK(segment_in(entries_[first]).buckets() == from);
  set_segment(first, to, depth_in(entries_[first]), counts_[first]);
}

void TableBase::set_segment(size_t first, Segment segment, int depth, uint32_t count) {
  const size_t n = size_t{1} << (bits_ - depth);
  std::fill_n(entries_ + first, n, make_entry(segment, depth));
  counts_[first] = static_cast<uint16_t>(count);
}

void TableBase::allocate_directory(int bits) {
  bits_ = bits;
  if (bits == 0) {
    entries_ = &root_entry_;
    counts_ = &root_count_;
    return;
  }
  const size_t n = size_t{1} << bits;
  entries_ = static_cast<uint64_t*>(account_->allocate(n * kDirectoryBytes));
  counts_ = reinterpret_cast<uint16_t*>(entries_ + n);
  table_bytes_ += malloc_usable_size(entries_);
}

void TableBase::release_directory() {
  if (bits_ == 0) return;
  table_bytes_ -= malloc_usable_size(entries_);
  account_->release(entries_);
}

Place TableBase::insert(uint64_t hash, uint64_t payload, uint8_t stamp) {
  for (;;) {
    const size_t index = prefix_of(hash, bits_);
    const uint64_t entry = entries_[index];
    const Segment segment = segment_in(entry);
    const size_t first = first_index(index);
    if (counts_[first] < limit(segment.size())) [[likely]] {
      ++counts_[first];
      ++size_;
      return segment.insert(make_word(fingerprint_of(hash, depth_in(entry)), payload), stamp);
    }
    grow(first);
  }
}

void TableBase::erase(uint64_t hash, Place place) {
  const size_t first = first_index(prefix_of(hash, bits_));
  const Segment segment = segment_in(entries_[first]);
  segment.remove(place);
  CHECK(counts_[first] > 0);
  --counts_[first];
  --size_;
  if (size_ == 0) {
    release_all();
    reset();
  } else if (counts_[first] < kMergeWords / 2 ||
             counts_[first] * 4 < segment.size() * Bucket::kWords) {
    shrink(first);
  }
}

void TableBase::grow(size_t first) {
  const uint64_t entry = entries_[first];
  const uint32_t buckets = segment_in(entry).size();
  if (buckets < kSplitBuckets || !may_split(depth_in(entry))) {
    resize(first, next_size(buckets));
  } else {
    split(first);
  }
}

// A segment as deep as the directory splits only if doubling it is in proportion, or no matter.
bool TableBase::may_split(int depth) const {
  if (depth < bits_ || bits_ < kBitsFree) return true;
  return bits_ < kBitsMax && (size_t{2} << bits_) <= 16 * (segments_ + 1);
}

void TableBase::resize(size_t first, uint32_t buckets) {
  CHECK(buckets <= kBucketsMax);
  const uint64_t entry = entries_[first];
  const Segment old = segment_in(entry);
  const Segment fresh = allocate_segment(buckets);
  fresh.insert_all(old);
  set_segment(first, fresh, depth_in(entry), counts_[first]);
  release_segment(old);
}

void TableBase::split(size_t first) {
  const int depth = depth_in(entries_[first]);
  if (depth == bits_) {
    double_directory();
    first *= 2;
  }
  const Segment old = segment_in(entries_[first]);

  // The top bit of the fingerprint decides, and the fingerprints move on by a bit, for which the
  // hashes are needed. The entries are anywhere in memory: those of the buckets to come are asked
  // for ahead.
  uint32_t lower_count = 0;
  old.visit_all([&](Place place) { lower_count += word_fingerprint(place.word()) < 0x8000; });
  const uint32_t upper_count = counts_[first] - lower_count;
  const Segment halves[2] = {allocate_segment(size_after_split(lower_count)),
                             allocate_segment(size_after_split(upper_count))};
  for (uint32_t b = 0; b < old.size() + kSplitAhead; ++b) {
    if (b < old.size()) {
      for (uint64_t word : old.buckets()[b].words) {
        if (word != 0) prefetch_entry_(word);
      }
    }
    if (b < kSplitAhead) continue;
    const Bucket& bucket = old.buckets()[b - kSplitAhead];
    for (uint32_t i = 0; i < Bucket::kWords && bucket.words[i] != 0; ++i) {
      const uint64_t word = bucket.words[i];
      const uint16_t fingerprint = fingerprint_of(hash_of_(word), depth + 1);
      halves[word >> 63].insert(make_word(fingerprint, payload_of(word)), bucket.stamps[i]);
    }
  }
  set_segment(first, halves[0], depth + 1, lower_count);
  set_segment(first + (size_t{1} << (bits_ - depth - 1)), halves[1], depth + 1, upper_count);
  release_segment(old);
  ++segments_;
  if (depth + 1 == bits_) deepest_ += 2;
}

void TableBase::double_directory() {
  uint64_t* const old_entries = entries_;
  uint16_t* const old_counts = counts_;
  const size_t n = size_t{1} << bits_;
  const bool owned = bits_ > 0;
  allocate_directory(bits_ + 1);
  for (size_t i = 0; i < n; ++i) {
    entries_[2 * i] = entries_[2 * i + 1] = old_entries[i];
    counts_[2 * i] = counts_[2 * i + 1] = old_counts[i];
  }
  deepest_ = 0;
  if (!owned) return;
  table_bytes_ -= malloc_usable_size(old_entries);
  account_->release(old_entries);
}

void TableBase::shrink(size_t first) {
  const uint64_t entry = entries_[first];
  const uint32_t count = counts_[first];
  const uint32_t buckets = segment_in(entry).size();
  if (depth_in(entry) > 0 && count < kMergeWords / 2 && merge(first)) return;
  if (count * 4 >= buckets * Bucket::kWords) return;
  const uint32_t smaller = size_for(count);
  if (smaller < buckets) resize(first, smaller);
}

// Makes one segment of this one and its buddy, if they have the same depth and few words.
bool TableBase::merge(size_t first) {
  const int depth = depth_in(entries_[first]);
  const size_t span = size_t{1} << (bits_ - depth);
  const size_t buddy = first ^ span;
  if (depth_in(entries_[buddy]) != depth) return false;
  const uint32_t count = uint32_t{counts_[first]} + counts_[buddy];
  if (count > kMergeWords) return false;

  // The bit that tells the buddies apart becomes the top bit of the fingerprints.
  const size_t lower = std::min(first, buddy);
  const Segment whole = allocate_segment(size_for(count));
  const Segment parts[2] = {segment_in(entries_[lower]), segment_in(entries_[lower + span])};
  for (uint64_t bit = 0; bit < 2; ++bit) {
    parts[bit].visit_all([&](Place place) {
      const uint64_t moved = bit << 15 | word_fingerprint(place.word()) >> 1;
      whole.insert(make_word(static_cast<uint16_t>(moved), payload_of(place.word())),
                   place.stamp());
    });
  }
  set_segment(lower, whole, depth - 1, count);
  // The directory refers to neither part any more, so the one that is the last of its size has to
  // go first: it cannot be relocated.
  const uint32_t size = parts[1].size();
  const bool swapped = SegmentPool::is_pooled(size) && pool_->last(size) == parts[1].buckets();
  release_segment(parts[swapped ? 1 : 0]);
  release_segment(parts[swapped ? 0 : 1]);
  --segments_;
  if (depth == bits_) deepest_ -= 2;
  while (bits_ > 0 && deepest_ == 0)
    halve_directory();
  return true;
}

void TableBase::halve_directory() {
  uint64_t* const old_entries = entries_;
  uint16_t* const old_counts = counts_;
  table_bytes_ -= malloc_usable_size(old_entries);
  allocate_directory(bits_ - 1);
  const size_t n = size_t{1} << bits_;
  for (size_t i = 0; i < n; ++i) {
    entries_[i] = old_entries[2 * i];
    counts_[i] = old_counts[2 * i];
    if (depth_in(entries_[i]) == bits_) ++deepest_;
  }
  account_->release(old_entries);
}

}  // namespace rondo
