#include "shard/segment.h"

namespace rondo {

void Segment::remove(Place place) const {
  // The hole is always closed by the last word of its bucket, so it is at `last` from there on.
  auto close_hole = [](Bucket& bucket, uint32_t hole) {
    const uint32_t last = bucket.count() - 1;
    bucket.words[hole] = bucket.words[last];
    bucket.stamps[hole] = bucket.stamps[last];
    bucket.words[last] = 0;
    bucket.stamps[last] = 0;
    return last;
  };

  auto b = static_cast<uint32_t>(place.bucket - buckets_);
  CHECK(b < n_ && place.word() != 0);
  bool was_full = place.bucket->full();
  uint32_t hole = close_hole(*place.bucket, place.index);

  while (was_full) {
    // Something may stand further on because bucket b had no room. The first such word fills the
    // hole, and its own bucket has one now. A bucket that is not full ends the search: no word
    // behind it can have come past it.
    uint32_t distance = 0;
    uint32_t c = b;
    bool moved = false;
    while (!moved) {
      c = next(c);
      ++distance;
      if (c == b) return;
      Bucket& bucket = buckets_[c];
      was_full = bucket.full();
      for (uint32_t i = 0; i < Bucket::kWords && bucket.words[i] != 0; ++i) {
        const uint32_t at = home(word_fingerprint(bucket.words[i]));
        const uint32_t travelled = c >= at ? c - at : c + n_ - at;
        if (travelled < distance) continue;
        buckets_[b].words[hole] = bucket.words[i];
        buckets_[b].stamps[hole] = bucket.stamps[i];
        hole = close_hole(bucket, i);
        b = c;
        moved = true;
        break;
      }
      if (!moved && !was_full) return;
    }
  }
}

uint32_t Segment::verify() const {
  uint32_t count = 0;
  for (uint32_t b = 0; b < n_; ++b) {
    const Bucket& bucket = buckets_[b];
    const uint32_t filled = bucket.count();
    for (uint32_t i = 0; i < Bucket::kWords; ++i) {
      CHECK((bucket.words[i] != 0) == (i < filled));
      if (i >= filled) continue;
      // Every bucket from the home up to this one is full.
      const uint32_t at = home(word_fingerprint(bucket.words[i]));
      for (uint32_t c = at; c != b; c = next(c))
        CHECK(buckets_[c].full());
    }
    count += filled;
  }
  return count;
}

}  // namespace rondo
