// Transaction: one operation over several shards, from the first lock to the last acknowledgement.
// Owned by the core of the session that asked for it (the coordinator); its parts travel to the
// shards' owners as messages and come back with results. Strictly serializable: there is an
// instant at which every lock or park is held, and everything is read and written in it.
//
// Two levels; an operation whose keys are all on one shard needs neither and is a plain request.
//
//   locked   Independent commands on each shard (MGET, MSET, DEL, an EXEC of single-shard
//   commands).
//            Each owner locks its keys and runs its part: reads when the locks are granted, writes
//            at the commit. When just one other core takes part, our own locks are taken first and
//            the other part then runs at once without locks: one round trip, two messages. An
//            EXEC on a key that somebody waits for together with keys of other shards is parked.
//   parked   Data flows between shards (RENAME, FLUSHALL, an EXEC with such a command). The owners
//            park their shards, and this core operates on all of them as one keyspace. When a
//            client on one of them waits to move what it gets to yet another shard, all are parked.
//
// Neither is needed when all commands are short and every shard is ours or asleep: this thread
// takes hold of all of them (server/lease.h), and does the whole operation within one call.
//
// The first attempt asks everyone at once and nobody waits: a refusal gives everything back. The
// second asks in ascending order of shards, each waiting in the owner's FIFO. Who waits holds only
// lower shards, so there is no cycle, and nobody is overtaken, so there is no starvation. In the
// first attempt our own shard is parked last, so that it goes on meanwhile, unless it is the lowest
// one: of two cores that want to park the same shards, one is not refused.
//
// The socket plays no part: replies go to memory first, and a client that dies changes nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "server/admission.h"
#include "server/multi.h"
#include "server/parcel.h"
#include "server/reused.h"
#include "server/session.h"
#include "shard/call.h"
#include "shard/command.h"

namespace rondo {

struct BlockedClient;
class Core;
struct Escalation;
class Transaction;

// One command of a part. Views into the transaction's copy of the arguments.
struct PartCommand {
  const Command* row = nullptr;
  Request request;
};

// What one shard does for a transaction. Belongs to the coordinator, but while a message about it
// is under way only its receiver touches it.
struct Part {
  Transaction* transaction = nullptr;
  int home = 0;  // The coordinator's core.
  int shard = 0;
  uint64_t session = 0;  // For Admission: requests of one session stay in order.
  LockMode mode = LockMode::kShared;
  std::vector<uint64_t> keys;  // Locks wanted.
  std::vector<PartCommand> commands;
  std::vector<std::string_view> args;  // Of the one command of a split part,
  std::vector<SharedBytes> owners;     // and its blocks.
  bool of_split = false;               // The one command is a part of a larger one.
  bool run_at_grant = false;           // Reads: the commands run when the locks are granted.
  bool serves_all = false;             // What it makes ready is served with the other parts'.
  ClientClass client_class = ClientClass::kNormal;
  uint64_t watch_token = 0;  // Not 0: if this token is dirty, nothing runs.

  // Results.
  bool held = false;  // Locks or park are held for us.
  bool watch_failed = false;
  bool needs_park = false;  // Refused: who waits for its keys is served with shards parked.
  OutBuffer reply;
  std::vector<size_t> ends;  // Of each command's reply, or of each element when gathered.
  bool gather = false;       // The one command's elements are marked, not its whole reply.
  bool failed = false;       // Of a split: its part failed,
  uint64_t cycles = 0;       // and took so long.

  void clear();  // For another use; keeps the memory of its lists.
};

// Messages from the coordinator to the owner.
enum class PartOperation : uint32_t {
  kLock,      // Grant the locks or refuse.
  kLockWait,  // Grant them when it is our turn.
  kRun,       // Run now without locks, or refuse.
  kRunWait,   // Run without locks when it is our turn.
  kCommit,    // Run, then give the locks back.
  kRelease,   // Give the locks back.
  kPark,
  kParkWait,
  kUnpark,
};
enum class PartResult : uint32_t { kGranted, kRefused, kDone };

class Transaction final : public ReplyCapture {
 public:
  explicit Transaction(Core& core) : core_(core) {}
  ~Transaction();

  // Starts a command that names keys on several shards, or needs all shards. The session is blocked
  // until its reply. REQUIRES: no reply of the session is in flight.
  static void start_command(Session& session, const Request& request, const Command& row);
  // Holds all shards of the keys of a client that waits for them, or may begin to, and lets
  // Blocking look. Until then others of the core may come along, whose keys are on these shards.
  static Transaction& start_waiting(Core& core, BlockedClient& client);
  bool take_along(BlockedClient& client);
  // As many, so that their looks end within a part of a tick.
  static constexpr size_t kClientsMax = 64;
  // Holds all shards for a request of a session of any core (null: for nobody), and serves those
  // who wait (server/escalation.h).
  static void start_escalated(Core& core, Escalation& escalation, const Request* request);
  // Starts EXEC of the session's queue, which it takes. The same.
  static void start_exec(Session& session);

  // An answer about a part; from the core's mailbox. May delete this.
  void on_result(Part& part, PartResult result);

  // The script that was suspended on the parked shards goes on.
  void resume_script();

  // ReplyCapture: a connection command of an EXEC answers later.
  void captured(OutBuffer&& reply) override;
  void resumed() override;

 private:
  enum class Level : uint8_t { kSingle, kLocked, kParked };
  enum class State : uint8_t { kTrying, kBacking, kOrdered, kCommitting, kServing };

  // A command of an EXEC, or the one command.
  struct Item {
    const Command* row = nullptr;
    Request request;
    int part = -1;     // Whose commands hold it; -1: it runs on the connection.
    size_t index = 0;  // Among that part's commands.
    OutBuffer reply;   // Of one that ran on the connection or on the view.
    std::vector<std::string_view> args;
    std::vector<SharedBytes> owners;

    void clear();
  };

  // From the core's pool, for this session.
  static Transaction& obtain(Session& session);
  void give_back();

  // server/transaction_start.cc: who takes part in one command.
  void split(const Item& item);
  // The part of a shard, made when there is none yet: its place in parts_.
  size_t part_index(int shard);
  void add_all_shards();
  bool may_run_at_once() const;
  bool run_at_once();

  // server/transaction.cc: the way through locks and parks.
  Part& own_part();
  void begin();
  void send(Part& part, PartOperation operation);
  void back_off();
  void end_held(PartOperation operation);
  void start_ordered();
  void ask_next();
  void all_granted();
  bool needs_all_shards_parked() const;
  void answer();
  void reply_split(Reply& reply);
  void count_split();
  void finish();

  // server/transaction_exec.cc: EXEC, and operating on parked shards.
  void adopt_queue();
  bool watches_nothing_but(int shard) const;
  void plan_single(int shard);
  void plan_exec();
  void add_commands(bool writes);
  void run_parked();
  void run_items();
  bool run_script(Item& item);
  void end_parked();
  void serve_next();
  Item* item_to_serve();  // The one at at_.next or behind it; null: no more.
  size_t reply_room() const;
  void reply_exec(Reply& reply);

  Core& core_;
  Session* session_ = nullptr;
  std::vector<BlockedClient*> clients_;  // Instead of a session,
  Escalation* escalation_ = nullptr;     // and so is this.
  Parcel storage_;                       // Owns the bytes of all arguments.
  Reused<Item> items_;
  Reused<Part> parts_;
  std::vector<size_t> order_;  // Parts in ascending order of shards, for the second attempt.
  std::vector<std::pair<size_t, size_t>> gathered_;  // For each key: its part and its place in it.
  std::vector<int> watched_shards_;
  std::vector<Shard*> held_;  // By index, while they are parked; null: it is not.
  ShardView view_{};          // The same.
  OutBuffer made_;            // The reply, while it is put together.

  // What a fresh transaction starts with.
  struct Progress {
    uint64_t sequence = 0;  // The reply's place in line.
    Level level = Level::kLocked;
    State state = State::kTrying;
    bool exec = false;
    bool watch_failed = false;
    bool answered = false;
    bool refused = false;
    bool two_step = false;   // Our own locks first, then the other part runs without.
    bool own_last = false;   // Our own shard is parked when the others are.
    size_t outstanding = 0;  // Messages without an answer yet.
    size_t next = 0;         // Place in order_; on parked shards among the items; then in the two
                             // rounds of serving them.
  };
  Progress at_;
};

// Runs a command whose keys may be on any of the shards of `view`, all of them held: once, or in
// independent parts that are merged as the row says. Writes one reply.
void run_on_view(Core& core, const ShardView& view, Request& request, const Command& row,
                 Reply& reply);

}  // namespace rondo
