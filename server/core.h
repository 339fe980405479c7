// Core: one core's half of the server: its shard, the sessions that it accepted, and its ends of
// the mailboxes. Pure logic: a reactor drives it with real sockets, the simulator and the
// in-process tests drive it by hand, several of them in one thread. Touched only by its thread.
//
// One tick: begin_tick() (time, mailbox), then feed() of sessions, then flush() (parcels and
// messages go out), then background slices.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "reactor/base/clock.h"
#include "reactor/mailbox.h"
#include "server/admission.h"
#include "server/blocking.h"
#include "server/command_table.h"
#include "server/core_task.h"
#include "server/escalation.h"
#include "server/freeing_pace.h"
#include "server/lane.h"
#include "server/latency.h"
#include "server/lease.h"
#include "server/lone_commands.h"
#include "server/parcel.h"
#include "server/server.h"
#include "server/session.h"
#include "server/slowlog.h"
#include "server/stats.h"
#include "shard/call.h"
#include "shard/shard.h"

namespace rondo {

class Core;
class KeyspaceEvents;
struct Part;
enum class PartOperation : uint32_t;
enum class PartResult : uint32_t;
class PubSub;
class ScanWalk;
class Scripting;
class TickMeter;
struct TickStats;
class Transaction;

class Core {
 public:
  // `mailbox` is null with a single core.
  Core(Server& server, int index, Mailbox* mailbox);
  ~Core();

  int index() const { return index_; }
  Server& server() { return server_; }
  // This core's copy: CONFIG SET changes every core's by a task.
  Config& config() { return config_; }
  const Config& config() const { return config_; }
  Shard& shard() { return shard_; }
  Admission& admission() { return admission_; }
  CoreStats& stats() { return stats_; }
  Slowlog& slowlog() { return slowlog_; }
  LatencyMonitor& latency() { return latency_; }
  PubSub& pubsub() { return *pubsub_; }
  // The shard's events are published: commands cause messages to clients.
  bool publishes_events() const { return publishes_events_; }
  const CommandTable& table() const { return table_; }
  Time now() const { return now_; }
  int64_t now_ms() const { return now_.unix_ms(); }

  // --- The tick --------------------------------------------------------------------------------
  // True: something arrived.
  bool begin_tick(Time now);
  // Sends what this tick gathered. Everything sent becomes visible with mailbox.publish().
  void flush();
  // One bounded slice of expiry and freeing; true: there is more.
  bool background();
  bool freeing_paused() const { return !freeing_pace_.may_free(); }  // Others are to answer.
  // From now on a tick takes up work only for a share of its time: so many microseconds for
  // messages, as many for the input of clients, as many for sessions that are resumed. What is left
  // waits for the next tick. Without this call a tick takes what there is, and with 0 as little as
  // possible: so tests do not depend on how quick the machine is.
  void limit_shares(int64_t us);
  // The share is used up: by now, or when the last command ended.
  bool share_over() const { return read_cycles() - share_from_ >= share_cycles_; }
  bool share_over_at_lap() const { return lap_cycles_ - share_from_ >= share_cycles_; }
  // Takes the bytes that a client did not wait for, and frees what is large in slices.
  void discard(OutBuffer bytes);
  // True: messages wait for room in a mailbox, or sessions wait to be resumed.
  bool has_backlog() const;

  // --- Sessions (server/core_sessions.cc) ------------------------------------------------------
  List<Session>& sessions() { return sessions_; }
  Session* find_session(uint64_t id);
  // Session::resume() in this tick or the next; after CLIENT PAUSE ended.
  void resume_later(Session& session);
  void resume_next_tick(Session& session);
  void resume_after_pause(Session& session);
  size_t paused_sessions() const;  // Held back by CLIENT PAUSE.
  // The session is about to end: takes it off every list.
  void forget(Session& session);
  int sessions_count = 0;

  // --- Executing on this shard (server/execute.cc) ---------------------------------------------
  // Executes a request of a command with `run`, whatever Admission says; the caller asked it.
  void execute(Request& request, const Command& row, Reply& reply) {
    execute_on(shard_, own_view_, request, row, reply);
  }
  // The same on any shard that this thread holds.
  void execute_on(Shard& shard, const ShardView& view, Request& request, const Command& row,
                  Reply& reply);
  // The same, but leaves it to the caller to count it: one part of a command. False: it failed.
  bool run_on(Shard& shard, const ShardView& view, Request& request, const Command& row,
              Reply& reply);
  // Executes EVAL or one of its like on this core's shard, for a client of core `from`. False: it
  // takes long and goes on in later ticks; its reply comes through its address.
  bool execute_script(int from, Request& request, const Command& row, Reply& reply);
  // The scripts of this core (server/scripting/scripting.h); made by the first call.
  Scripting& scripting();
  // One that exists.
  const Scripting* known_scripting() const { return scripting_.get(); }
  // Some script takes longer than busy-reply-threshold.
  bool scripts_busy() const { return scripts_busy_; }
  // What a script may compute in one go.
  uint64_t slice_cycles() const { return share_limit_cycles_; }
  // Counts a command with `run` that took so long, and shows it to the slow log.
  void count_executed(const Request& request, const Command& row, uint64_t cycles, bool failed);
  // Nothing stands in the way of any request on this shard: no transaction, nobody who waits for
  // others, and no client whose turn takes other shards.
  bool quiet() const {
    return admission_.quiet() && shard_.waiters().outward() == 0 && escalations_.empty();
  }
  // When it is not quiet(): what is to happen to a request. Anything but kNow: postpone() takes it
  // over, and its reply comes through its address.
  enum class Turn : uint8_t { kNow, kDeferred, kEscalated, kFollowing, kHeld };
  Turn turn_of(const Request& request, const Command& row);
  void postpone(int from, const Request& request, Turn turn);
  // Executes what was postponed, or postpones it again.
  void execute_late(int from, Request& request);
  Escalations& escalations() { return escalations_; }
  // Gives what became ready to the clients that wait for it: after each whole command or
  // transaction that this core executed on its shard.
  void serve_ready() {
    if (shard_.waiters().has_ready()) [[unlikely]]
      blocking_.serve_own();
  }
  // The same after what it executed on the shard of `owner`, its own or a borrowed one.
  void serve_ready_of(Core& owner) {
    if (owner.shard_.waiters().has_ready()) [[unlikely]]
      blocking_.serve_of(owner);
  }
  Blocking& blocking() { return blocking_; }
  const ShardView& own_view() const { return own_view_; }
  // How a command uses its keys, and the keys as Admission knows them.
  static LockMode lock_mode(const Command& row) {
    const bool writes = (row.flags & kWrite) != 0 || row.route == Route::kScript;
    return writes ? LockMode::kExclusive : LockMode::kShared;
  }
  LockMode lock_keys(const Command& row, Args args, std::vector<uint64_t>& keys) const;
  // Commands are timed by one reading of the clock each: from the end of the one before it, or from
  // the start of their batch.
  void start_clock() { lap_cycles_ = read_cycles(); }
  uint64_t lap_clock() {
    const uint64_t now = read_cycles();
    return now - std::exchange(lap_cycles_, now);
  }
  void count_command(const Command& row, uint64_t cycles, bool failed) {
    stats_.commands[table_.id(row)].count(cycles, failed, config_.latency_tracking);
  }
  // Runs a command and answers its error; false: there was one.
  bool run(const Command& row, Call& call) {
    const Error error = row.run(call);
    if (!error) [[likely]]
      return true;
    call.reply().error(error.text());
    count_error(error.text());
    return false;
  }
  // The same, and counts it. Returns its cycles, for who has to ask whether they are many.
  uint64_t run_and_count(const Command& row, Call& call) {
    const bool succeeded = run(row, call);
    const uint64_t cycles = lap_clock();
    count_command(row, cycles, !succeeded);
    return cycles;
  }
  void count_error(std::string_view text);
  const Command* watch_row() const { return watch_row_; }
  // A command that this client's core executed is one for the slow log or the latency monitor.
  void note_slow(const Session& session, const Command& row, Args args, int64_t duration_us);
  bool is_slow(uint64_t cycles) const { return cycles >= slow_cycles_; }
  void note_slow_cycles(const Session& session, const Command& row, Args args, uint64_t cycles) {
    const double us = static_cast<double>(cycles) / cycles_per_us();
    note_slow(session, row, args, static_cast<int64_t>(us));
  }
  // The configuration changed: recomputes what the hot path reads.
  void config_changed();

  // --- Lending shards (server/lease.h, server/borrow.cc) ---------------------------------------
  // This core goes to sleep, and is awake again. A shard is lent when nothing but its keys and
  // those who wait for them is to be looked at: whoever borrows it serves them as its owner would.
  void offer_shard() {
    offered_ = quiet() && !publishes_events_;  // Events have one order.
    if (offered_) lease_.offer();
  }
  void reclaim_shard() {
    if (offered_) lease_.reclaim();
  }
  // Borrows the shard of core `to` for short commands, until return_borrowed(). False: it is awake,
  // or something of ours is under way to it.
  bool borrow(int to);
  // borrow(), once in a batch: a core that was awake for one of its commands is so for the others.
  void start_batch() { ++batch_; }
  void borrow_for_batch(int to) {
    Lane& lane = lanes_[static_cast<size_t>(to)];
    if ((lane.holder == nullptr) & (lane.tried_in != batch_)) [[unlikely]] {
      lane.tried_in = batch_;
      borrow(to);
    }
  }
  // Whose shard this is, if we hold it: ours, parked or not, or lent with nothing sent there since.
  Core* holder(int shard) const { return lanes_[static_cast<size_t>(shard)].holder; }
  void return_borrowed() { return_borrowed_from(0); }
  // Only those that were borrowed when there were so many already.
  size_t borrowed_count() const { return borrowed_.size(); }
  void return_borrowed_from(size_t count);
  // Our own shard when nothing stands in the way, or another by borrow(): for a few short commands.
  bool hold(int shard) { return shard != index_ ? borrow(shard) : quiet(); }
  // Executes a part of a transaction on its shard, which this thread holds.
  void run_part(Part& part);
  // A command with so many arguments, on one shard, may run on a borrowed one.
  bool is_short(const Command& row, size_t argc) const {
    return manners_[table_.id(row)] != Manner::kOther &&
           (argc <= kShortArgumentsMax || row.keys.last == 1);
  }
  // As many of them may run on lent shards in one go: what a batch of a client has.
  static constexpr size_t kShortCommandsMax = 32;
  // A short command on the key that is its first argument, with as many arguments as it wants.
  bool is_plain(const Command& row, size_t argc) const {
    return manners_[table_.id(row)] == Manner::kPlain &&
           (row.arity > 0 ? argc == static_cast<size_t>(row.arity)
                          : argc >= static_cast<size_t>(-row.arity));
  }
  // Nothing but the client's own state decides how a plain command of it runs.
  bool is_calm() const;
  // Runs the commands that wait there; at the end of a tick's input at the latest.
  LoneCommands& lone() { return lone_; }
  void run_lone();
  void execute_borrowed(Core& owner, Request& request, const Command& row, Reply& reply) {
    execute_on(owner.shard_, owner.own_view_, request, row, reply);
  }
  static bool is_short_list(size_t argc) { return argc <= kShortArgumentsMax; }
  // The shard if this thread holds it now: its own unless that is parked, or a borrowed one.
  Shard* held_shard(int shard) {
    Core* owner = holder(shard);
    // Whose shard it is nobody can foresee, so there is no branch on that alone.
    if (admission_.parked() & (owner == this)) [[unlikely]]
      return nullptr;
    return owner ? &owner->shard_ : nullptr;
  }

  // --- To other cores --------------------------------------------------------------------------
  int cores() const { return server_.cores_count; }
  int shard_of(std::string_view key) const { return server_.shard_of(key); }
  // True: the mailbox to that core, or its share of parcels, is used up; try again next tick.
  bool lane_full(int to) const { return lanes_[static_cast<size_t>(to)].full(); }
  // REQUIRES: !lane_full(to), to != index().
  void send_request(int to, const Request& request);
  void send_part(Part& part, PartOperation operation);  // To the owner of part.shard.
  void finish_part(Part& part, PartResult result);      // From the owner to the coordinator.
  // Transactions that this core coordinates come from a pool.
  Transaction& obtain_transaction();
  void return_transaction(Transaction& transaction) { idle_transactions_.push_back(&transaction); }
  void send_unwatch(int to, uint64_t token);
  // About a client that waits for its keys: to an owner of them, and to the client's home.
  void send_wait(int to, BlockedClient& client, WaitRequest request);
  void send_news(int to, BlockedClient& client, WaitNews news);
  // The reply to a request that was postponed.
  void send_late_reply(const Request& request, OutBuffer reply);
  // A SCAN to the owner of its next shard, or back home.
  void send_scan(int to, ScanWalk& walk, bool done);
  // Out-of-band bytes for a session of any core.
  void send_push(int to, uint64_t session_id, OutBuffer bytes);
  // Runs `task` on every core, this one included.
  void start_task(std::unique_ptr<CoreTask> task);

  // --- State that tasks set on every core ------------------------------------------------------
  int64_t pause_until_ms = 0;  // CLIENT PAUSE; 0: none.
  bool pause_writes_only = false;
  bool paused_for(const Command& row, const Session& session) const;
  bool writes_paused() const { return pause_until_ms != 0 && now_ms() < pause_until_ms; }
  void end_pause();
  void check_pause();  // Ends one that is over.
  int monitors = 0;    // Sessions in MONITOR mode on all cores.

  // The reactor's accounting, where there is one.
  TickStats* ticks = nullptr;
  TickMeter* tick_meter = nullptr;

  // A buffer for a reply that waits for its place in line; empty between uses.
  OutBuffer& scratch() { return scratch_; }

 private:
  friend class DeferredRequest;
  friend class PubSub;
  static constexpr size_t kShortArgumentsMax = 40;

  // How much a command asks of whoever runs it.
  enum class Manner : uint8_t { kOther, kShort, kPlain };
  static Manner manner_of(const Command& row);

  void handle(int from, const Message& message);
  void execute_parcel(int from, Parcel& parcel);
  void deliver_parcel(int from, Parcel* returned);
  void execute_and_send(int from, Request& request);
  void resume_script();
  void refuse_held();
  void refuse_parcel(int from, Parcel& parcel);
  void refuse_request(const Request& request);
  void execute_held(int from, std::unique_ptr<Parcel> held);
  void run_task(int from, CoreTask* task);
  void task_done(CoreTask* task);
  void handle_part(Part& part, PartOperation operation);
  void turn_away(Part& part, PartOperation operation);
  void grant(Part& part, bool lock);
  bool needs_park(const Part& part) const;
  void serve_released();
  void admit_waiting();
  void post(int to, const Message& message);
  void seal(int to);
  void run_local_events();
  void resume_sessions();
  bool discard_slice();
  bool free_slice();
  void handle_freed(int from, const Message& message);
  void begin_share();
  void check_slow(const Request& request, const Command& row, uint64_t cycles);
  void note_latency(const Command& row, int64_t duration_us);
  void log_slow(const Session& session, SlowlogEntry entry);

  Server& server_;
  const int index_;
  const CommandTable& table_ = CommandTable::instance();
  const Command* const watch_row_ = table_.find("watch");
  Mailbox* const mailbox_;
  Config config_;
  Shard shard_;
  Admission admission_;
  Lease lease_;
  bool offered_ = false;  // The lease is out.
  CoreStats stats_;
  Slowlog slowlog_;
  LatencyMonitor latency_;
  std::unique_ptr<PubSub> pubsub_;
  std::unique_ptr<KeyspaceEvents> keyspace_events_;
  bool publishes_events_ = false;
  bool scripts_busy_ = false;
  Time now_;
  std::vector<Shard*> own_shards_;  // Null but for this core's.
  ShardView own_view_;
  Blocking blocking_{*this};
  Escalations escalations_{*this};
  std::unique_ptr<Scripting> scripting_;
  std::vector<Lane> lanes_;  // By destination core.
  std::vector<std::unique_ptr<Parcel>> parcel_pool_;
  std::vector<std::unique_ptr<Transaction>> transactions_;
  std::vector<Transaction*> idle_transactions_;
  // Arrived while parked; in order, behind escalations that ended meanwhile.
  std::vector<std::pair<int, Message>> held_messages_;
  std::deque<Message> local_events_;  // Messages of this core to itself.
  List<Session> sessions_;
  std::vector<Session*> resume_;   // Null: forgotten meanwhile.
  std::vector<Session*> yielded_;  // The same, for the next tick.
  std::vector<Session*> paused_;
  std::vector<int> borrowed_;    // Cores whose shards we hold.
  std::vector<Manner> manners_;  // By command id.
  LoneCommands lone_;
  OutBuffer scratch_;
  std::vector<OutBuffer> discarded_;
  FreeingPace freeing_pace_;
  std::vector<uint64_t> scratch_keys_;
  uint64_t batch_ = 0;  // The one that is under way; see borrow_for_batch().
  uint64_t share_limit_cycles_ = UINT64_MAX;
  uint64_t share_from_ = 0;
  uint64_t share_cycles_ = UINT64_MAX;
  uint64_t lap_cycles_ = 0;
  uint64_t slow_cycles_ = UINT64_MAX;  // The slow log or the latency monitor looks from here on.
  friend class PartWaiter;
};

// A session as Admission knows it.
inline uint64_t session_number(const Session& session) {
  return reinterpret_cast<uint64_t>(&session);
}
inline uint64_t session_number(const Session* session) {
  return reinterpret_cast<uint64_t>(session);
}

}  // namespace rondo
