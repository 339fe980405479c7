// Access stamps: when an entry was last used, in one byte.
//
//   0..127    the second of the last use, modulo 128: written by a use
//   128..255  the age class: 62.5 s * 2^(class / 8), up to 43 days: written by the sweep
//
// The scale has 1000 s on it: what a client sets by RESTORE ... IDLETIME is mostly a round number.
// A second modulo 128 is ambiguous after 128 s, so the sweep (shard/sweep.h) visits every bucket
// well before that and turns stamps older than a minute into age classes. At later visits it moves
// an entry on to the next class with the probability that the time since the last visit makes up of
// the class's width, so that the age is right on average with no more bits; the error is about a
// fifth. A use writes the byte only if it differs: once a second for a hot key, so that readers do
// not dirty cache lines.
#pragma once

#include <cstdint>

#include "reactor/base/prng.h"

namespace rondo {

using AccessStamp = uint8_t;

inline AccessStamp access_stamp(int64_t now_s) {
  return static_cast<AccessStamp>(now_s & 127);
}

// Seconds since the last use.
uint32_t idle_seconds(AccessStamp stamp, int64_t now_s);

// The stamp `elapsed_s` seconds after the last call for the same entry.
AccessStamp age_stamp(AccessStamp stamp, int64_t now_s, uint32_t elapsed_s, Prng& prng);

// The stamp of an entry that was last used `idle_s` ago, or nearly so.
AccessStamp stamp_of_idle(uint32_t idle_s, int64_t now_s);

}  // namespace rondo
