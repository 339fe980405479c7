// Borrowing the shards of sleeping cores, for batches of short commands.
#include "server/core.h"

namespace rondo {

bool Core::borrow(int to) {
  Lane& lane = lanes_[static_cast<size_t>(to)];
  if (!lane.idle()) return false;
  if (lane.borrowed) return true;
  Core& owner = *server_.cores[static_cast<size_t>(to)];
  if (!owner.lease_.borrow()) return false;
  // Transactions that hold or wait for something there are the owner's business. It went to sleep
  // with none, but others that borrow may have let a client wait there.
  if (!owner.quiet()) {
    owner.lease_.give_back();
    return false;
  }
  // Its time stood still while it slept.
  if (owner.shard_.now().mono_ns < now_.mono_ns) owner.shard_.set_time(now_);
  lane.borrowed = true;
  lane.holder = &owner;
  borrowed_.push_back(to);
  ++stats_.borrowed;
  return true;
}

void Core::return_borrowed_from(size_t count) {
  while (borrowed_.size() > count) {
    const auto core = static_cast<size_t>(borrowed_.back());
    borrowed_.pop_back();
    lanes_[core].borrowed = false;
    lanes_[core].holder = nullptr;
    server_.cores[core]->lease_.give_back();
  }
}

}  // namespace rondo
