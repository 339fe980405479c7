// BlockedClient: one execution of a command that may wait for its keys (BLPOP and its like), from
// its arrival to its reply. Made by the core of the client's session, its home, which also ends it;
// shards know it by its places in their lines (shard/waiters.h).
//
//   home                                     owner of the key(s)
//   start  ----------------- kLook ------->  runs the command
//   reply  <---------------- kFound -------  something was there
//   waits  <---------------- kJoined ------  or it stands in line now
//          <---------------- kWider -------  or the home is to look, with more shards parked
//   reply  <---------------- kServed ------  a push, whoever claims first
//
// Who serves it may be another core than the owner, one that has the shard parked or borrowed. So
// kServed may arrive before the owner's kJoined, and the client is kept for that one.
//
//   gives up: reply at once
//          ----------------- kForget ----->  every other shard in whose lines it stands
//   reuse  <---------------- kForgotten ---
//
// What the home can do itself, on its own shard and on those that it borrows, takes no message.
//
// Who may answer is decided by one compare-and-swap of `state`: of those who serve (any core) and
// the home (time-out, CLIENT UNBLOCK, the client's death). Whoever takes a shard's place is the
// thread that holds the shard. Everything else is written by the home, or by the one that claimed
// it, until its message to the home.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "protocol/out_buffer.h"
#include "reactor/timers.h"
#include "server/parcel.h"
#include "shard/waiters.h"

namespace rondo {

class Blocking;
class Session;
struct Command;

enum class WaitState : uint8_t { kWaiting, kClaimed, kCancelled };

// From the home to the owner of a shard.
enum class WaitRequest : uint32_t { kLook, kForget };
// And back.
enum class WaitNews : uint32_t {
  kFound,      // The first look: `reply` is there.
  kJoined,     // The first look: the client stands in line.
  kServed,     // It stood in line, and `reply` is there.
  kWider,      // The first look: it takes more shards than the owner's, so the home is to look.
  kForgotten,  // It stands in no line of this shard any more.
};

struct BlockedClient {
  explicit BlockedClient(Blocking& owner);
  BlockedClient(const BlockedClient&) = delete;
  BlockedClient& operator=(const BlockedClient&) = delete;

  // For whoever wants to end the wait; true: it is the caller who does.
  bool take(WaitState to) {
    WaitState waiting = WaitState::kWaiting;
    return state.compare_exchange_strong(waiting, to, std::memory_order_acq_rel);
  }
  void on_timeout();
  void clear();  // For another use.

  std::span<WaitPlace> all_places() { return {places.get(), places_count}; }

  // Constant from its start on.
  Session* session = nullptr;  // Not touched by others.
  const Command* row = nullptr;
  Parcel storage;   // Owns the arguments.
  Request request;  // Views into it.
  int64_t started_ns = 0;

  std::atomic<WaitState> state{WaitState::kWaiting};
  std::unique_ptr<WaitPlace[]> places;  // One for each key; made when it begins to wait.
  size_t places_count = 0;
  std::vector<int> shards;  // In whose lines they are; those that were left are taken out.
  int64_t timeout_ms = 0;
  OutBuffer reply;

  // The home's alone.
  Blocking& blocking;
  Timer timer;
  bool looking = false;   // The news of the first look are still to come.
  bool waiting = false;   // It stands in line, so it counts as blocked and may give up.
  bool ended = false;     // It was answered.
  bool busy = false;      // A transaction is about it.
  size_t forgetting = 0;  // Shards that still have to forget it.
};

}  // namespace rondo
