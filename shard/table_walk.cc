// Reading a table in its order: SCAN, random words, the walk of the sweep, draining, verify().
#include "shard/table.h"

#include <algorithm>

namespace rondo {

uint64_t TableBase::scan_with(uint64_t cursor, size_t count, VisitPlace visit,
                              void* context) const {
  if (!is_cursor(cursor)) return 0;
  uint64_t from = cursor << (64 - kCursorBits);  // The hash from which on nothing was visited.
  size_t visited = 0;
  size_t buckets_left = std::max<size_t>(count, 1);

  for (;;) {
    const uint64_t entry = entry_of(from);
    const int depth = depth_in(entry);
    const Segment segment = segment_in(entry);
    const uint64_t begin = prefix_of(from, depth);
    uint32_t fingerprint = fingerprint_of(from, depth);
    for (uint32_t b = segment.home(static_cast<uint16_t>(fingerprint)); b < segment.size(); ++b) {
      segment.visit_home(b, fingerprint, [&](Place place) {
        ++visited;
        visit(context, place);
      });
      fingerprint = segment.first_fingerprint(b + 1);
      if ((visited >= count || --buckets_left == 0) && b + 1 < segment.size()) {
        return begin << (kCursorBits - depth) | uint64_t{fingerprint} << (kCursorBits - 16 - depth);
      }
    }
    if ((begin + 1) >> depth != 0) return 0;
    from = (begin + 1) << (64 - depth);
    if (visited >= count || buckets_left <= 1) return from >> (64 - kCursorBits);
    --buckets_left;
  }
}

Place TableBase::random(Prng& prng) const {
  if (empty()) return Place{};
  constexpr int kTriesMax = 128;
  // A segment comes up in proportion to its share of the hashes. Accepting one of its words in
  // proportion to its words' number over that share, that is its buckets times 2^depth, makes all
  // words equally likely.
  const uint64_t scale = (bits_ == 0 ? segment_in(entries_[0]).size() : kSplitBuckets);
  for (int i = 0; i < kTriesMax; ++i) {
    const uint64_t entry = entry_of(prng.next());
    const Segment segment = segment_in(entry);
    const uint64_t bucket = prng.below(std::max<uint64_t>(scale, segment.size()));
    if (bucket >= segment.size()) continue;
    if (prng.below(uint64_t{1} << (bits_ - depth_in(entry))) != 0) continue;
    const auto word = static_cast<uint32_t>(prng.below(Bucket::kWords));
    Bucket& chosen = segment.buckets()[bucket];
    if (chosen.words[word] != 0) return Place{&chosen, word};
  }
  // A table with few words for its size: the next one from a random bucket on.
  Walk walk{prng.next(), 0};
  walk.bucket = static_cast<uint32_t>(prng.below(segment_in(entry_of(walk.hash)).size() + 1));
  for (;;) {
    Bucket* bucket = at(walk);
    const uint32_t words = bucket == nullptr ? 0 : bucket->count();
    if (words > 0) return Place{bucket, static_cast<uint32_t>(prng.below(words))};
    advance(walk);
  }
}

Bucket* TableBase::at(const Walk& walk) const {
  const Segment segment = segment_in(entry_of(walk.hash));
  return walk.bucket < segment.size() ? segment.buckets() + walk.bucket : nullptr;
}

bool TableBase::advance(Walk& walk) const {
  const uint64_t entry = entry_of(walk.hash);
  if (walk.bucket + 1 < segment_in(entry).size()) {
    ++walk.bucket;
    return false;
  }
  const int depth = depth_in(entry);
  walk.bucket = 0;
  const uint64_t next = depth == 0 ? 0 : (prefix_of(walk.hash, depth) + 1) << (64 - depth);
  walk.hash = next;
  return next == 0;
}

// An empty one when only memory was freed.
const Bucket* TableBase::drain_bucket() {
  static constinit const Bucket kNothing{};
  for (;;) {
    if (is_drained()) {
      if (pool_ != nullptr && !pool_->free_chunk()) return &kNothing;
      pool_.reset();
      release_directory();
      reset();
      return nullptr;
    }
    const uint64_t entry = entries_[drain_index_];
    const Segment segment = segment_in(entry);
    if (drained_ < segment.size()) return segment.buckets() + drained_++;
    // What the words of a segment refer to is gone, so none can be relocated: the pool goes last.
    if (!SegmentPool::is_pooled(segment.size())) release_segment(segment);
    drained_ = 0;
    drain_index_ += size_t{1} << (bits_ - depth_in(entry));
  }
}

void TableBase::verify() const {
  size_t words = 0;
  size_t segments = 0;
  size_t deepest = 0;
  size_t buckets = 0;
  for (size_t i = 0; i >> bits_ == 0;) {
    const uint64_t entry = entries_[i];
    const Segment segment = segment_in(entry);
    const int depth = depth_in(entry);
    CHECK(depth <= bits_);
    CHECK(first_index(i) == i);
    const size_t span = size_t{1} << (bits_ - depth);
    for (size_t k = 0; k < span; ++k)
      CHECK(entries_[i + k] == entry);
    CHECK(segment.verify() == counts_[i]);
    CHECK(counts_[i] <= limit(segment.size()));
    segment.visit_all([&](Place place) {
      const uint64_t hash = hash_of_(place.word());
      CHECK(prefix_of(hash, bits_) >> (bits_ - depth) == i >> (bits_ - depth));
      CHECK(fingerprint_of(hash, depth) == word_fingerprint(place.word()));
    });
    words += counts_[i];
    buckets += segment.size();
    segments += 1;
    deepest += depth == bits_ ? 1 : 0;
    i += span;
  }
  CHECK(words == size_);
  CHECK(segments == segments_);
  CHECK(deepest == deepest_);
  CHECK(buckets == buckets_);
  CHECK((size_ > 0) == (footprint() > 0));
  verify_pool();
}

// Every block of the pool is the segment that its words say, and there are no others.
void TableBase::verify_pool() const {
  size_t pooled = 0;
  for (size_t i = 0; i >> bits_ == 0; i += size_t{1} << (bits_ - depth_in(entries_[i])))
    pooled += SegmentPool::is_pooled(segment_in(entries_[i]).size()) ? 1 : 0;
  size_t blocks = 0;
  constexpr uint32_t kFirst = SegmentPool::kBucketsMin;
  for (uint32_t n = kFirst; pool_ != nullptr && n <= kSplitBuckets;
       n += SegmentPool::kBucketsStep) {
    for (size_t i = 0; i < pool_->count(n); ++i, ++blocks) {
      const Bucket* block = pool_->block(n, i);
      const Bucket* filled = block;
      while (filled < block + n && filled->words[0] == 0)
        ++filled;
      CHECK(filled < block + n);
      const Segment owner = segment_in(entry_of(hash_of_(filled->words[0])));
      CHECK(owner.buckets() == block);
      CHECK(owner.size() == n);
    }
  }
  CHECK(blocks == pooled);
}

}  // namespace rondo
