// Blocking: the commands that wait for their keys, on one core: the clients of its own sessions
// that wait (the home's part), and the lines of the shard or shards that its thread holds (the
// part of those who serve). Owned by a Core; same thread.
//
// Keys on one shard: its owner looks and joins the lines in one go, so no wake-up is lost. Keys on
// several: the same by a transaction that has all of them parked. After each whole command,
// transaction or park that made keys ready, serve() gives what is there to those who wait, in the
// order in which keys became ready and clients began to wait; what that makes ready is served too,
// before anything else executes. A client whose keys are on other shards too is claimed by the
// first push. When one transaction makes several shards' keys ready, it has them parked, so that
// the first key in the order of the arguments is taken, as always.
//
// What takes a shard that is not held (BLMOVE to it) is tried by the client's home, which parks all
// of them; meanwhile those behind it in line wait, and if somebody else took the element it is
// still the first. A line whose client needs a key that a transaction has locked waits for the
// release.
//
// Known gap: a client that waits for keys of several shards may be given the element of a later key
// though an earlier one has got one at that instant, which histories against the real program show.
// Elements are neither lost nor given twice.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "reactor/timers.h"
#include "server/blocked_client.h"
#include "shard/call.h"

namespace rondo {

class Core;
class Session;
struct ParsedCommand;

enum class GiveUp : uint8_t { kTimeout, kError, kGone };

class Blocking {
 public:
  explicit Blocking(Core& core);
  ~Blocking();
  Blocking(const Blocking&) = delete;
  Blocking& operator=(const Blocking&) = delete;

  // --- The home (server/blocking.cc) -----------------------------------------------------------
  // Starts a command of `session`, whose keys are on `shard` (or ParsedCommand's constants). The
  // session is blocked until its reply. REQUIRES: no reply of the session is in flight.
  void start(Session& session, const Request& request, const Command& row, int shard);
  // Ends the wait, and may end the session. False: it does not wait (yet), or is being served.
  bool give_up(BlockedClient& client, GiveUp why);
  size_t waiting() const { return waiting_; }  // Sessions of this core that wait.
  void on_news(BlockedClient& client, WaitNews news);
  // CLIENT PAUSE has ended.
  void resume_after_pause();
  // A transaction of this core holds all shards of the client's keys; then it holds them no more.
  void run_parked(BlockedClient& client, const ShardView& view);
  void end_parked(BlockedClient& client);

  // Ends the waits whose time is over. Times of the monotonic clock.
  void fire_due(int64_t now_ms) {
    if (timers_.size() != 0) timers_.fire_due(now_ms);
  }
  // No later than the next time-out; Timers::kNever: there is none.
  int64_t next_timeout_ms() const { return timers_.next_ms(); }

  // --- Serving (server/serve.cc) ---------------------------------------------------------------
  void on_request(BlockedClient& client, WaitRequest request);
  // Serves the lines that are ready, of this core's own shard or of the view's.
  void serve_own();
  void serve(const ShardView& view);
  // Between the commands of one transaction on the view, for the order of their signals.
  void note_ready(const ShardView& view) { take_ready(view); }

 private:
  friend struct BlockedClient;
  friend class LookWaiter;
  enum class Outcome : uint8_t { kServed, kBlocked, kLost, kNeedsAllShards };
  struct ReadyLine {
    Shard* shard;
    WaitLine* line;
  };

  BlockedClient& obtain();
  void recycle_if_over(BlockedClient& client);
  void end(BlockedClient& client);
  void joined(BlockedClient& client);
  void try_with_all(BlockedClient& client);

  void look(BlockedClient& client);
  Outcome run(BlockedClient& client, Shard& shard, const ShardView& view, bool waiting);
  void place_client(BlockedClient& client, const KeyWait& wait);
  void join(BlockedClient& client, const ShardView& view);
  void leave(BlockedClient& client, const ShardView& view);
  void tell_home(BlockedClient& client, WaitNews news);
  void serve_on(const ShardView& view, bool own);
  void take_ready(const ShardView& view);
  void serve_line(const ShardView& view, bool own, ReadyLine ready);
  bool may_run(const BlockedClient& client);
  static Shard& first_shard(const BlockedClient& client, const ShardView& view);

  Core& core_;
  Timers timers_;
  std::vector<std::unique_ptr<BlockedClient>> clients_;
  std::vector<BlockedClient*> idle_;
  std::vector<BlockedClient*> held_back_;  // Tries that wait for the end of a pause.
  size_t waiting_ = 0;
  bool serving_ = false;
  std::vector<ReadyLine> lines_;  // Being served, in order; from next_line_ on.
  size_t next_line_ = 0;
  std::vector<ReadyLine> later_;  // For the end of a pause, or the owner of a parked shard.
  std::vector<WaitLine*> taken_;  // Scratch of take_ready().
  OutBuffer made_;                // A reply, before it is known whose it is.
  std::vector<uint64_t> keys_;    // Scratch of may_run().
};

}  // namespace rondo
