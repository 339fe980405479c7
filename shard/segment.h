// Bucket and Segment: the open-addressing inside of a table. See shard/table.h for the whole.
//
// A bucket is one cache line:
//
//   +--------+--------+-- ... --+--------+----------+-------+
//   | word 0 | word 1 |         | word 6 | 7 stamps | spare |
//   +--------+--------+-- ... --+--------+----------+-------+
//
// A word is never 0 and has a fingerprint, 16 bits of its entry's hash, in its top 16 bits. Words
// fill a bucket from the front, so the last one tells whether it is full. The stamp of a word says
// when its entry was last used (shard/access_stamp.h) and moves with it. The spare byte is reserved
// for the version of a snapshot.
//
// A segment is a run of n buckets, and the home of a fingerprint f is bucket f * n / 65536: homes
// keep the order of the fingerprints whatever n is. That makes a resize a sequential copy that
// reads no entry, and keeps the place of a scan. A word that finds its home full goes to the next
// bucket with room, around the end; a lookup stops behind the first bucket that is not full. A
// removal pulls words back towards their homes, so there are no tombstones. Bucketised linear
// probing stays short up to the load that the table allows (6 of 7).
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#if defined(__AVX2__)
#include <immintrin.h>
#endif

#include "reactor/base/check.h"

namespace rondo {

// Asks for a cache line. GCC takes functions that do only this for free of effects and drops calls
// of them that it does not inline, hence the empty statement that it must keep.
inline void prefetch_line(const void* line) {
  __builtin_prefetch(line);
  asm volatile("");
}

inline uint16_t word_fingerprint(uint64_t word) {
  return static_cast<uint16_t>(word >> 48);
}

inline uint64_t payload_of(uint64_t word) {
  return word & 0x0000'ffff'ffff'ffff;
}

// `payload` is a word without its fingerprint: its top 16 bits must be zero.
inline uint64_t make_word(uint16_t fingerprint, uint64_t payload) {
  CHECK(payload != 0 && payload >> 48 == 0);
  return uint64_t{fingerprint} << 48 | payload;
}

struct alignas(64) Bucket {
  static constexpr uint32_t kWords = 7;

  uint64_t words[kWords];
  uint8_t stamps[kWords];
  uint8_t spare;

  bool full() const { return words[kWords - 1] != 0; }
  // How many words there are. Counting without branches, because it is a coin toss in a copy.
  uint32_t count() const {
    uint32_t n = 0;
    for (uint64_t word : words)
      n += word != 0;
    return n;
  }

  // A bit for each word with this fingerprint. Empty words may be among those of fingerprint 0.
  uint32_t match(uint16_t fingerprint) const {
#if defined(__AVX2__)
    const __m256i wanted = _mm256_set1_epi64x(fingerprint);
    const auto* quads = reinterpret_cast<const __m256i*>(words);
    const __m256i low = _mm256_srli_epi64(_mm256_load_si256(quads), 48);
    const __m256i high = _mm256_srli_epi64(_mm256_load_si256(quads + 1), 48);
    const int low_bits = _mm256_movemask_pd(_mm256_castsi256_pd(_mm256_cmpeq_epi64(low, wanted)));
    const int high_bits = _mm256_movemask_pd(_mm256_castsi256_pd(_mm256_cmpeq_epi64(high, wanted)));
    return (static_cast<uint32_t>(low_bits) | static_cast<uint32_t>(high_bits) << 4) & 0x7f;
#else
    uint32_t bits = 0;
    for (uint32_t i = 0; i < kWords; ++i) {
      bits |= uint32_t{word_fingerprint(words[i]) == fingerprint} << i;
    }
    return bits;
#endif
  }
};
static_assert(sizeof(Bucket) == 64);

// One word of a bucket; false when there is none. Valid until the table changes.
struct Place {
  Bucket* bucket = nullptr;
  uint32_t index = 0;

  explicit operator bool() const { return bucket != nullptr; }
  uint64_t word() const { return bucket->words[index]; }
  uint8_t& stamp() const { return bucket->stamps[index]; }
  // The entry is used now. Most uses change nothing, and leave the bucket's cache line clean.
  void note_use(uint8_t stamp) const {
    if (bucket->stamps[index] != stamp) bucket->stamps[index] = stamp;
  }
  // The entry moved, or its tag changed.
  void set_payload(uint64_t payload) const {
    bucket->words[index] = make_word(word_fingerprint(word()), payload);
  }
};

// A view of a run of buckets; it owns nothing and keeps no count.
class Segment {
 public:
  Segment(Bucket* buckets, uint32_t n) : buckets_(buckets), n_(n) {}

  Bucket* buckets() const { return buckets_; }
  uint32_t size() const { return n_; }

  uint32_t home(uint16_t fingerprint) const { return fingerprint * n_ >> 16; }
  // The smallest fingerprint whose home is bucket b or a later one; 65536 for b == size().
  uint32_t first_fingerprint(uint32_t b) const { return ((b << 16) + n_ - 1) / n_; }
  uint32_t next(uint32_t b) const { return b + 1 == n_ ? 0 : b + 1; }

  // Puts a word into the first bucket with room from its home on. REQUIRES: there is one.
  Place insert(uint64_t word, uint8_t stamp) const {
    uint32_t b = home(word_fingerprint(word));
    while (buckets_[b].full())
      b = next(b);
    Bucket& bucket = buckets_[b];
    const uint32_t i = bucket.count();
    bucket.words[i] = word;
    bucket.stamps[i] = stamp;
    return Place{&bucket, i};
  }

  // Removes the word at `place` and pulls back what had to go past it. At least one bucket of the
  // segment is not full, so the chain ends.
  void remove(Place place) const;

  // Calls visit(Place) for the words whose home is bucket `home_bucket` and whose fingerprint is
  // at least `from`.
  template <class Visit>
  void visit_home(uint32_t home_bucket, uint32_t from, Visit&& visit) const {
    uint32_t b = home_bucket;
    for (uint32_t step = 0; step < n_; ++step) {
      Bucket& bucket = buckets_[b];
      for (uint32_t i = 0; i < Bucket::kWords && bucket.words[i] != 0; ++i) {
        const uint16_t fingerprint = word_fingerprint(bucket.words[i]);
        if (fingerprint >= from && home(fingerprint) == home_bucket) visit(Place{&bucket, i});
      }
      if (!bucket.full()) return;
      b = next(b);
    }
  }

  // Calls visit(Place) for every word.
  template <class Visit>
  void visit_all(Visit&& visit) const {
    for (uint32_t b = 0; b < n_; ++b) {
      for (uint32_t i = 0; i < Bucket::kWords && buckets_[b].words[i] != 0; ++i) {
        visit(Place{&buckets_[b], i});
      }
    }
  }

  // Puts all words of `from` here.
  void insert_all(const Segment& from) const {
    from.visit_all([this](Place place) { insert(place.word(), place.stamp()); });
  }

  // Checks that every word can be found; returns how many there are.
  uint32_t verify() const;

 private:
  Bucket* buckets_;
  uint32_t n_;
};

}  // namespace rondo
