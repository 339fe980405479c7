// FreeingPace: when a core that frees much in its background lets the other cores take back what
// is theirs.
//
// A block that another thread allocated goes back to that thread, which takes all such blocks at
// once, with its next allocation that is not quite small: a tenth of a microsecond each, so half a
// second for the ten million members of a set that was renamed to a key of another shard, or that
// was filled through a borrowed one. Nobody knows whose the blocks are. So after some slices every
// other core is told to take what is there, and nothing more is freed before all have answered.
// While none of them finds anything worth mentioning, that happens less often.
//
// A plain value; owned by a core, touched only by its thread.
#pragma once

#include <algorithm>
#include <cstddef>

#include "reactor/base/check.h"

namespace rondo {

class FreeingPace {
 public:
  // A slice of the Graveyard frees some tens of elements or some hundred keys.
  static constexpr size_t kSlicesMin = 16;
  static constexpr size_t kSlicesMax = 64;

  bool may_free() const { return awaited_ == 0; }
  // A slice was freed. True: all `others` are to take theirs now, and to answer.
  bool ends_round(size_t others) {
    CHECK(may_free());
    if (others == 0 || ++slices_ < round_) return false;
    slices_ = 0;
    awaited_ = others;
    notable_ = false;
    return true;
  }
  // One of them has; `notable`: that took a while.
  void taken(bool notable) {
    CHECK(awaited_ > 0);
    notable_ = notable_ || notable;
    if (--awaited_ == 0) round_ = notable_ ? kSlicesMin : std::min(2 * round_, kSlicesMax);
  }

 private:
  size_t round_ = kSlicesMin;  // Slices.
  size_t slices_ = 0;          // Of this round.
  size_t awaited_ = 0;
  bool notable_ = false;
};

}  // namespace rondo
