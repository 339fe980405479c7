// Blocking: the commands that wait for their keys, on one core: the clients of its own sessions
// that wait (the home's part), and the lines of the shard or shards that its thread holds (the
// part of those who serve). Owned by a Core; same thread.
//
// Keys on one shard: its owner looks and joins the lines in one go, so no wake-up is lost. Keys on
// several: the same by a transaction that has all of them parked. Neither asks anybody when all of
// these shards are the home's own or asleep (server/lease.h). After each whole command,
// transaction or park that made keys ready, serve() gives what is there to those who wait, in the
// order in which keys became ready and clients began to wait; what that makes ready is served too.
// All that is one step with the write: nobody executes on the shard or hears of the write before.
//
// Who is served may touch more than the key that was written:
//   - other keys of the shard: the write waits for their locks too (add_reach());
//   - a key of another shard, to which the element goes (BLMOVE): all shards are parked before the
//     write (server/escalation.h), so that write and move are one step;
//   - nothing else, but he waits for keys of other shards: whoever claims him first may serve him.
//     Two writes that nobody has seen both done have no order, and the claim gives them one. When
//     one transaction makes several shards' keys ready, it has them parked, so that the first key
//     in the order of the arguments is taken, as always.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "reactor/timers.h"
#include "server/blocked_client.h"
#include "shard/call.h"

namespace rondo {

class Core;
class Session;
class Transaction;
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
  size_t waiting() const { return waiting_; }      // Sessions of this core that wait.
  size_t timed() const { return timers_.size(); }  // Those of them that have a time-out.
  void on_news(BlockedClient& client, WaitNews news);
  // A transaction of this core holds all shards of the clients' keys; then it holds them no more.
  void run_parked(const Transaction& transaction, std::span<BlockedClient* const> clients,
                  const ShardView& view);
  void end_parked(BlockedClient& client);

  // Ends waits whose time is over, as many as a tick may; next_timeout_ms() says if there are more.
  // Times of the monotonic clock.
  static constexpr size_t kTimeoutsMax = 128;
  void fire_due(int64_t now_ms) {
    if (timers_.size() != 0) timers_.fire_due(now_ms, kTimeoutsMax);
  }
  // No later than the next time-out; Timers::kNever: there is none.
  int64_t next_timeout_ms() const { return timers_.next_ms(); }

  // --- Serving (server/serve.cc) ---------------------------------------------------------------
  void on_request(BlockedClient& client, WaitRequest request);
  // Serves the lines that are ready, of this core's own shard or of the view's.
  void serve_own();
  void serve_of(Core& owner);  // Of the shard of `owner`, which is this core or was borrowed.
  void serve(const ShardView& view);
  // CLIENT PAUSE has ended, during which nobody was served.
  void resume_after_pause();
  // Adds to `keys`, written on this core's shard, the other keys of it that are touched when those
  // are served who wait for them.
  void add_reach(std::vector<uint64_t>& keys);
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

  bool look_at_once(BlockedClient& client, int shard);
  void look_parked(BlockedClient& client);
  bool hold_shards(const BlockedClient& client, int shard);
  void look_on(BlockedClient& client, Shard& first, const ShardView& view);
  bool forget_at_once(BlockedClient& client, int shard);
  void look(BlockedClient& client);
  Outcome run(BlockedClient& client, Shard& shard, const ShardView& view, bool waiting);
  const std::vector<int>& find_keys(const BlockedClient& client);
  void place_client(BlockedClient& client, const KeyWait& wait);
  void join(BlockedClient& client, const ShardView& view);
  void leave(BlockedClient& client, const ShardView& view);
  void tell_home(BlockedClient& client, WaitNews news);
  void serve_on(const ShardView& view, bool own);
  void take_ready(const ShardView& view);
  void serve_line(const ShardView& view, bool own, ReadyLine ready);
  bool may_run(const BlockedClient& client);
  Shard& first_shard(const BlockedClient& client, const ShardView& view);

  Core& core_;
  Timers timers_;
  std::vector<std::unique_ptr<BlockedClient>> clients_;
  std::vector<BlockedClient*> idle_;
  size_t waiting_ = 0;
  Transaction* next_look_ = nullptr;  // Asks for the shards of looks; more may join it.
  bool serving_ = false;
  std::vector<ReadyLine> lines_;  // Being served, in order; from next_line_ on.
  size_t next_line_ = 0;
  std::vector<ReadyLine> later_;  // Not to be served now.
  bool paused_ = false;           // CLIENT PAUSE has left some line for its end.
  std::vector<WaitLine*> taken_;  // Scratch of take_ready().
  OutBuffer made_;                // A reply, before it is known whose it is.
  std::vector<uint64_t> keys_;    // Scratch of may_run(),
  std::vector<int> positions_;    // of find_keys(),
  std::vector<Shard*> held_;      // and of look_at_once().
};

}  // namespace rondo
