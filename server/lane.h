// Lane: what is under way from one core to another one. Owned by the sending core and touched by
// its thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>

#include "reactor/mailbox.h"
#include "server/parcel.h"

namespace rondo {

class Core;

struct Lane {
  // Parcels that may be under way: bounds memory, and the time a request waits there.
  static constexpr size_t kParcelsMax = 64;

  std::unique_ptr<Parcel> open;  // Gathers this tick's requests.
  std::deque<Message> outbox;    // Waits for room in the mailbox. Requests stop while it is not
                                 // empty; the rest is bounded by what is in flight.
  size_t parcels = 0;            // Under way.
  bool borrowed = false;         // We hold the other core's shard.
  Core* holder = nullptr;        // See Core::holder().
  uint64_t tried_in = 0;         // The last batch for which the shard was asked for.

  // Nothing of this core is under way there: a command that executes at once overtakes nothing.
  bool idle() const { return parcels == 0 && !open && outbox.empty(); }
  bool full() const { return !outbox.empty() || parcels >= kParcelsMax; }
};

}  // namespace rondo
