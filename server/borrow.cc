// Borrowing the shards of sleeping cores, for batches of short commands.
#include <algorithm>

#include "server/core.h"

namespace rondo {

// True when nothing of this core is under way to `to`: a command that executes at once overtakes
// nothing.
bool Core::lane_idle(int to) const {
  const Lane& lane = lanes_[static_cast<size_t>(to)];
  return lane.parcels == 0 && !lane.open && lane.outbox.empty();
}

bool Core::borrow(int to) {
  if (!lane_idle(to)) return false;
  if (std::find(borrowed_.begin(), borrowed_.end(), to) != borrowed_.end()) return true;
  Core& owner = *server_.cores[static_cast<size_t>(to)];
  if (!owner.lease_.borrow()) return false;
  // Transactions that hold or wait for something there are the owner's business, and so are its
  // events, which have one order.
  if (!owner.quiet() || owner.publishes_events_) {
    owner.lease_.give_back();
    return false;
  }
  // Its time stood still while it slept.
  if (owner.shard_.now().mono_ns < now_.mono_ns) owner.shard_.set_time(now_);
  borrowed_.push_back(to);
  ++stats_.borrowed;
  return true;
}

Core* Core::borrowed(int to) {
  if (borrowed_.empty() || !lane_idle(to)) return nullptr;
  if (std::find(borrowed_.begin(), borrowed_.end(), to) == borrowed_.end()) return nullptr;
  return server_.cores[static_cast<size_t>(to)];
}

void Core::return_borrowed() {
  for (int core : borrowed_)
    server_.cores[static_cast<size_t>(core)]->lease_.give_back();
  borrowed_.clear();
}

}  // namespace rondo
