// Table: a hash table of 8-byte words that refer to entries, for the keys of a database and for
// the members of large sets and hashes. Owned by one shard, touched only by the thread that
// executes for it.
//
// Why not one big array: it would stop the shard for its doubling. Why not chains: a pointer and a
// cache miss for each. This table is extendible hashing over small segments:
//
//   hash      [ directory index: `bits` bits                | ... ]
//             [ segment: its `depth` bits | fingerprint: 16 | ... ]
//   directory [ buckets 16 | address of the buckets | depth 6 ], 2^bits of them
//   segment   0, 1, 2, 4, ... 64, 80, 96, 112 or 128 buckets of 7 words (shard/segment.h), from
//             64 on in blocks of a pool without holes (shard/segment_pool.h)
//
// A lookup reads the directory (8 bytes for about 600 keys: in the cache), one bucket (a second one
// for few keys), and the entry. A segment has no header: its size and depth are in the directory
// and its count stands in an array beside it, which only writers read.
//
// The fingerprint, which also chooses the bucket, is the 16 bits of the hash that follow those that
// choose the segment. So buckets are in the order of the hashes throughout the table, and the state
// of a scan is one number: the hash from which on nothing was visited yet. Splits, merges and
// resizes keep that order, so SCAN's guarantee needs no care for them, a scan always ends, and any
// number is a safe cursor. (Fingerprints from fixed bits of the hash were tried first: a split or
// merge then starts the segment under a cursor anew, and a scan beside constant growth and
// shrinking need not end.)
//
// Growth. A segment that holds 6 words for each bucket grows to the next size: a sequential copy
// that reads no entry. Beyond 128 buckets it splits in two by the next bit of the hash: the one
// operation that reads entries, about 768 of them, prefetched in batches, because fingerprints move
// on by a bit. When the two are deeper than the directory, the directory doubles: 8 bytes for each
// segment are copied. So no insertion takes longer than some tens of microseconds for tables of
// tens of millions of keys. Steps of a quarter keep the load between 68 % and 86 % at every size:
// about 12 bytes for a key.
//
// Shrinking mirrors it: a segment below a quarter of its words is copied to about half its size,
// two buddies of together at most 256 words become one, and the directory halves when no segment
// needs its last bit. One erasure does at most one of these. An empty table owns no memory.
//
// With a hash that does not spread (no seeded hash does that, but tests do) the directory does not
// grow beyond 16 times the number of segments; segments grow beyond 128 buckets instead. But one of
// up to 2^16 entries is free to grow: whoever walks over one table and fills another meanwhile
// (COPY, SUNIONSTORE, a client with SCAN) inserts in the order of the hashes, and the segments are
// then as deep as the other table's while there are few of them.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>

#include "reactor/base/prng.h"
#include "shard/memory.h"
#include "shard/segment.h"
#include "shard/segment_pool.h"

namespace rondo {

// Everything that does not compare keys.
class TableBase {
 public:
  using HashOf = uint64_t (*)(uint64_t word);
  using Prefetch = void (*)(uint64_t word);

  TableBase(MemoryAccount& account, HashOf hash_of, Prefetch prefetch_entry);
  TableBase(TableBase&& other) noexcept;  // `other` is empty afterwards.
  TableBase& operator=(const TableBase&) = delete;
  // REQUIRES: no words are left that own something; frees the table only.
  ~TableBase();

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // Heap bytes of the table itself.
  size_t footprint() const { return table_bytes_ + (pool_ != nullptr ? pool_->footprint() : 0); }
  // Words that fit in the buckets that there are, for statistics.
  size_t slots() const { return buckets_ * Bucket::kWords; }
  size_t segments() const { return segments_; }
  size_t buckets() const { return buckets_; }

  // Brings the bucket where `hash` is at home into the cache.
  void prefetch(uint64_t hash) const {
    const uint64_t entry = entry_of(hash);
    const Segment segment = segment_in(entry);
    prefetch_line(segment.buckets() + segment.home(fingerprint_of(hash, depth_in(entry))));
  }
  // Adds a word. REQUIRES: no equal entry is in the table.
  Place insert(uint64_t hash, uint64_t payload, uint8_t stamp);
  // Removes the word at `place`, whose entry has this hash. All places are invalid afterwards.
  void erase(uint64_t hash, Place place);

  // Calls visit(Place) for words at the cursor and returns the next cursor, 0 at the end. Ends
  // after `count` words or about as many buckets. `visit` must not change the table.
  template <class Visit>
  uint64_t scan(uint64_t cursor, size_t count, Visit&& visit) const {
    using Function = std::remove_reference_t<Visit>;
    auto call = [](void* context, Place place) { (*static_cast<Function*>(context))(place); };
    return scan_with(cursor, count, call, const_cast<void*>(static_cast<const void*>(&visit)));
  }
  // True if scan() can have returned `cursor`.
  static bool is_cursor(uint64_t cursor) { return cursor >> kCursorBits == 0; }

  // A word chosen uniformly but for a bounded number of tries; false when empty.
  Place random(Prng& prng) const;

  // A position of a walk over all buckets in which the table may change between the steps: what
  // moves meanwhile may be missed or seen twice. Start with {}.
  struct Walk {
    uint64_t hash = 0;  // Where the segment begins.
    uint32_t bucket = 0;
  };
  // The bucket at `walk`; none when the table is empty.
  Bucket* at(const Walk& walk) const;
  // Goes on; true when it went past the last bucket and starts again.
  bool advance(Walk& walk) const;

  // Calls dispose(word) for the words of up to `buckets_max` buckets and frees segments that are
  // done, those of the pool when all are done; true when nothing is left. From the first call on
  // until then the table can be used for nothing else.
  template <class Dispose>
  bool drain(size_t buckets_max, Dispose&& dispose);

  // Checks every invariant.
  void verify() const;

 protected:
  static constexpr int kBitsMax = 28;   // 2^28 segments are 10^11 keys.
  static constexpr int kBitsFree = 16;  // 640 KiB of directory at the most.
  // A segment of this size splits,
  static constexpr uint32_t kSplitBuckets = SegmentPool::kBucketsMax;
  static constexpr uint32_t kMergeWords = 256;   // and buddies of so few words merge.
  static constexpr uint32_t kBucketsMax = 8192;  // Where splitting does not help.

  static constexpr int kCursorBits = 48;  // Of the hash: kBitsMax + 16 would do.

  static uint16_t fingerprint_of(uint64_t hash, int depth) {
    return static_cast<uint16_t>(hash << depth >> 48);
  }
  // The top `bits` bits; 0 for none.
  static uint64_t prefix_of(uint64_t hash, int bits) { return (hash >> 1) >> (63 - bits); }

  static Segment segment_in(uint64_t entry) {
    return {reinterpret_cast<Bucket*>(entry & kAddressMask), static_cast<uint32_t>(entry >> 48)};
  }
  static int depth_in(uint64_t entry) { return static_cast<int>(entry & kDepthMask); }
  uint64_t entry_of(uint64_t hash) const { return entries_[prefix_of(hash, bits_)]; }

 private:
  static constexpr uint64_t kAddressMask = 0x0000'ffff'ffff'ffc0;
  static constexpr uint64_t kDepthMask = 0x3f;

  using VisitPlace = void (*)(void* context, Place place);
  uint64_t scan_with(uint64_t cursor, size_t count, VisitPlace visit, void* context) const;

  static uint64_t make_entry(Segment segment, int depth);
  static uint32_t limit(uint32_t buckets) { return buckets * 6; }
  static uint32_t next_size(uint32_t buckets);
  static uint32_t size_for(uint32_t words);
  static uint32_t size_after_split(uint32_t words);

  // First of the directory's entries that refer to the same segment as entry `index`.
  size_t first_index(size_t index) const {
    const int spare_bits = bits_ - depth_in(entries_[index]);
    return index >> spare_bits << spare_bits;
  }
  Segment allocate_segment(uint32_t buckets);
  // REQUIRES: the directory refers to all segments but this one.
  void release_segment(Segment segment);
  void relocate(Bucket* from, Segment to);
  void set_segment(size_t first, Segment segment, int depth, uint32_t count);

  void grow(size_t index);
  void resize(size_t first, uint32_t buckets);
  void split(size_t first);
  bool may_split(int depth) const;
  void shrink(size_t first);
  bool merge(size_t first);
  void double_directory();
  void halve_directory();
  void allocate_directory(int bits);
  void release_directory();
  void release_all();
  void reset();
  const Bucket* drain_bucket();
  // Whether drain() has done all buckets.
  bool is_drained() const { return drain_index_ >> bits_ != 0; }
  void verify_pool() const;

  uint64_t* entries_;  // The directory: 2^bits_ entries, and behind them
  uint16_t* counts_;   // as many counts, of which the first of each segment's is kept.
  int bits_ = 0;
  uint32_t drained_ = 0;    // Buckets that drain() has done, in the segment that begins
  size_t drain_index_ = 0;  // at this entry; those before are freed.
  size_t size_ = 0;
  size_t segments_ = 1;  // Also those without buckets.
  size_t deepest_ = 1;   // Segments whose depth is bits_.
  size_t buckets_ = 0;
  size_t table_bytes_ = 0;             // Without the pool.
  std::unique_ptr<SegmentPool> pool_;  // None while no segment is large.
  MemoryAccount* account_;
  HashOf hash_of_;
  Prefetch prefetch_entry_;
  uint64_t root_entry_;  // The directory of bits_ == 0, so that small tables own none.
  uint16_t root_count_ = 0;
};

// Policy: `using Probe`, `static uint64_t hash(word)`, `static bool equal(word, const Probe&)`,
// `static void prefetch(word)` for what hash() reads, `static void prefetch_all(word)` for what the
// caller of find() is likely to read.
template <class Policy>
class Table : public TableBase {
 public:
  explicit Table(MemoryAccount& account) : TableBase(account, &Policy::hash, &Policy::prefetch) {}

  // Brings the entries that a find() would compare into the cache; reads the bucket.
  void prefetch_entry(uint64_t hash) const {
    const uint64_t entry = entry_of(hash);
    const Segment segment = segment_in(entry);
    const uint16_t fingerprint = fingerprint_of(hash, depth_in(entry));
    const Bucket& bucket = segment.buckets()[segment.home(fingerprint)];
    for (uint32_t bits = bucket.match(fingerprint); bits != 0; bits &= bits - 1) {
      const uint64_t word = bucket.words[std::countr_zero(bits)];
      if (word != 0) Policy::prefetch_all(word);
    }
  }

  // The word whose entry equals `probe`, which has this hash; false when there is none.
  Place find(uint64_t hash, const typename Policy::Probe& probe) const {
    if (const Place place = find_first(hash, probe)) [[likely]]
      return place;
    return find_any(hash, probe);
  }
  // The same if it is the first one of its fingerprint in the bucket where it is at home, as nearly
  // all are; false says nothing. It has no calls, so whoever inlines it pays for none.
  Place find_first(uint64_t hash, const typename Policy::Probe& probe) const {
    const uint64_t entry = entry_of(hash);
    const Segment segment = segment_in(entry);
    const uint16_t fingerprint = fingerprint_of(hash, depth_in(entry));
    Bucket& bucket = segment.buckets()[segment.home(fingerprint)];
    const uint32_t bits = bucket.match(fingerprint);
    if (bits == 0) [[unlikely]]
      return Place{};
    const auto i = static_cast<uint32_t>(std::countr_zero(bits));
    const uint64_t word = bucket.words[i];
    return word != 0 && Policy::equal(word, probe) ? Place{&bucket, i} : Place{};
  }

 private:
  [[gnu::noinline]] Place find_any(uint64_t hash, const typename Policy::Probe& probe) const {
    const uint64_t entry = entry_of(hash);
    const Segment segment = segment_in(entry);
    const uint16_t fingerprint = fingerprint_of(hash, depth_in(entry));
    for (uint32_t b = segment.home(fingerprint);; b = segment.next(b)) {
      Bucket& bucket = segment.buckets()[b];
      for (uint32_t bits = bucket.match(fingerprint); bits != 0; bits &= bits - 1) {
        const auto i = static_cast<uint32_t>(std::countr_zero(bits));
        const uint64_t word = bucket.words[i];
        if (word != 0 && Policy::equal(word, probe)) return Place{&bucket, i};
      }
      if (!bucket.full()) return Place{};
    }
  }
};

template <class Dispose>
bool TableBase::drain(size_t buckets_max, Dispose&& dispose) {
  for (size_t done = 0; done < buckets_max; ++done) {
    const Bucket* bucket = drain_bucket();
    if (bucket == nullptr) return true;
    // All buckets are done, and a chunk of the pool was freed: enough for once.
    if (bucket->words[0] == 0 && is_drained()) return false;
    for (uint64_t word : bucket->words) {
      if (word != 0) prefetch_entry_(word);
    }
    for (uint32_t i = 0; i < Bucket::kWords && bucket->words[i] != 0; ++i) {
      dispose(bucket->words[i]);
    }
  }
  return false;
}

}  // namespace rondo
