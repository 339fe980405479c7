// Reading a table in its order: SCAN, random words, the walk of the sweep, draining, verify().
#include "shard/table.h"

#include <algorithm>
#include <bit>

namespace rondo {

namespace {

constexpr int kFingerprintBits = 16;
constexpr int kGroupBits = 5;

// A decoded cursor: see the drawing in table.h.
struct Cursor {
  uint64_t prefix = 0;
  int depth = 0;
  int group = 0;  // Depth of the group, at most `depth`.
  uint32_t fingerprint = 0;

  uint64_t encode() const {
    const uint64_t marked = uint64_t{1} << depth | prefix;
    return (marked << kGroupBits | static_cast<uint64_t>(group)) << kFingerprintBits | fingerprint;
  }

  // False for what encode() can not have returned.
  bool decode(uint64_t cursor, int depth_max) {
    fingerprint = static_cast<uint32_t>(cursor & ((1u << kFingerprintBits) - 1));
    cursor >>= kFingerprintBits;
    group = static_cast<int>(cursor & ((1u << kGroupBits) - 1));
    cursor >>= kGroupBits;
    if (cursor == 0) return false;
    depth = std::bit_width(cursor) - 1;
    prefix = cursor ^ uint64_t{1} << depth;
    return depth <= depth_max && group <= depth;
  }
};

}  // namespace

bool TableBase::is_cursor(uint64_t cursor) {
  Cursor at;
  return cursor == 0 || at.decode(cursor, kBitsMax);
}

uint64_t TableBase::scan_with(uint64_t cursor, size_t count, VisitPlace visit,
                              void* context) const {
  Cursor at;
  if (cursor != 0 && !at.decode(cursor, kBitsMax)) return 0;
  size_t visited = 0;
  size_t buckets_left = std::max<size_t>(count, 1);

  for (;;) {
    const uint64_t from = at.depth == 0 ? 0 : at.prefix << (64 - at.depth);
    const uint64_t entry = entries_[prefix_of(from, bits_)];
    const int depth = depth_in(entry);
    const Segment segment = segment_in(entry);
    if (depth != at.group) {
      // Split or merged since: from the start of the segment that there is now, but for what is
      // before the prefix.
      at.group = depth;
      at.fingerprint = 0;
      if (at.depth < depth) {
        at.depth = depth;
        at.prefix = prefix_of(from, depth);
      }
    }

    const uint32_t n = segment.size();
    for (uint32_t b = segment.home(static_cast<uint16_t>(at.fingerprint)); b < n; ++b) {
      segment.visit_home(b, at.fingerprint, [&](Place place) {
        // The hash, and so the entry, is read only after a merge.
        if (at.depth > at.group && hash_of_(place.word()) < from) return;
        ++visited;
        visit(context, place);
      });
      at.fingerprint = segment.first_fingerprint(b + 1);
      if ((visited >= count || --buckets_left == 0) && b + 1 < n) return at.encode();
    }

    // The next segment, whose depth becomes known when the scan gets there.
    const uint64_t next = (depth == 0 ? 0 : from >> (64 - depth)) + 1;
    if (next >> depth != 0) return 0;
    at = Cursor{next, depth, depth, 0};
    if (visited >= count || buckets_left <= 1) return at.encode();
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
    const uint64_t entry = entries_[prefix_of(prng.next(), bits_)];
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
  walk.bucket = static_cast<uint32_t>(prng.below(segment_of(walk.hash).size() + 1));
  for (;;) {
    Bucket* bucket = at(walk);
    const uint32_t words = bucket == nullptr ? 0 : bucket->count();
    if (words > 0) return Place{bucket, static_cast<uint32_t>(prng.below(words))};
    advance(walk);
  }
}

Bucket* TableBase::at(const Walk& walk) const {
  const Segment segment = segment_of(walk.hash);
  return walk.bucket < segment.size() ? segment.buckets() + walk.bucket : nullptr;
}

bool TableBase::advance(Walk& walk) const {
  const uint64_t entry = entries_[prefix_of(walk.hash, bits_)];
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

void TableBase::prefetch_entry(uint64_t hash) const {
  const Segment segment = segment_of(hash);
  const uint16_t fingerprint = fingerprint_of(hash);
  const Bucket& bucket = segment.buckets()[segment.home(fingerprint)];
  for (uint32_t bits = bucket.match(fingerprint); bits != 0; bits &= bits - 1) {
    const uint64_t word = bucket.words[std::countr_zero(bits)];
    if (word != 0) prefetch_entry_(word);
  }
}

Bucket* TableBase::drain_bucket() {
  for (;;) {
    if (drain_index_ >> bits_ != 0) {
      release_directory();
      reset();
      return nullptr;
    }
    const uint64_t entry = entries_[drain_index_];
    const Segment segment = segment_in(entry);
    if (drained_ < segment.size()) return segment.buckets() + drained_++;
    release_segment(segment);
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
    for (size_t k = 0; k < span; ++k) CHECK(entries_[i + k] == entry);
    CHECK(segment.verify() == counts_[i]);
    CHECK(counts_[i] <= limit(segment.size()));
    segment.visit_all([&](Place place) {
      const uint64_t hash = hash_of_(place.word());
      CHECK(prefix_of(hash, bits_) >> (bits_ - depth) == i >> (bits_ - depth));
      CHECK(fingerprint_of(hash) == word_fingerprint(place.word()));
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
  CHECK((size_ > 0) == (table_bytes_ > 0));
}

}  // namespace rondo
