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
#include <vector>

#include "reactor/base/clock.h"
#include "reactor/mailbox.h"
#include "server/admission.h"
#include "server/command_table.h"
#include "server/parcel.h"
#include "server/server.h"
#include "server/session.h"
#include "server/slowlog.h"
#include "server/stats.h"
#include "shard/call.h"
#include "shard/shard.h"

namespace rondo {

class Core;
struct Part;
class Transaction;

// Work that every core does for one of them: INFO, CLIENT LIST, CONFIG SET. run() is called once on
// each core, on that core's thread, and must write only what belongs to that core (an element of a
// vector, say); finish() is called last, on the core that started it, and the task is deleted.
// On a core whose shard is parked, run() waits until the park ends.
class CoreTask {
 public:
  virtual ~CoreTask() = default;
  virtual void run(Core& core) = 0;
  virtual void finish(Core& home) = 0;

 private:
  friend class Core;
  int outstanding_ = 0;
};

class Core {
 public:
  Core(Server& server, int index, Mailbox& mailbox);
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
  Time now() const { return now_; }
  int64_t now_ms() const { return now_.unix_ms(); }

  // --- The tick ---------------------------------------------------------------------------------
  // True: something arrived.
  bool begin_tick(Time now);
  // Sends what this tick gathered. Everything sent becomes visible with mailbox.publish().
  void flush();
  // One bounded slice of expiry and freeing; true: there is more.
  bool background();
  // True: messages wait for room in a mailbox, or sessions wait to be resumed.
  bool has_backlog() const;

  // --- Sessions ---------------------------------------------------------------------------------
  List<Session>& sessions() { return sessions_; }
  Session* find_session(uint64_t id);
  void resume_later(Session& session);  // At the next tick.
  int sessions_count = 0;

  // --- Executing on this shard --------------------------------------------------------------------
  // Executes a request of a command with `run`, whatever Admission says; the caller asked it.
  void execute(Request& request, const Command& row, Reply& reply);
  // The same on any shard that this thread holds: with a view, or with this core's own shard.
  void execute_on(Shard& shard, const ShardView& view, Request& request, const Command& row,
                  Reply& reply);
  // A request that may not execute now waits in Admission; its reply comes through its address.
  void defer(int from, const Request& request);
  // Lock keys of a command: database and key hash as one number. True: it writes.
  LockMode lock_keys(const Command& row, Args args, int db, std::vector<uint64_t>& keys) const;

  // --- To other cores -----------------------------------------------------------------------------
  int cores() const { return server_.cores_count; }
  int shard_of(std::string_view key) const { return server_.shard_of(key); }
  // False: the lane is full; the session waits and is resumed. Otherwise the request is on its way.
  bool send_request(int to, const Request& request);
  bool lane_full(int to) const;
  void send_part(int to, Part& part, uint32_t operation);
  void finish_part(Part& part, uint32_t result);  // From the owner back to the coordinator.
  // Runs `task` on every core, this one included.
  void start_task(std::unique_ptr<CoreTask> task);
  // Bytes for a session of another core or this one (MONITOR).
  void send_push(int to, uint64_t session_id, OutBuffer bytes);

  // --- Pauses (CLIENT PAUSE) ------------------------------------------------------------------------
  int64_t pause_until_ms = 0;
  bool pause_writes_only = false;
  bool paused_for(const Command& row, Args args) const;
  // Number of sessions in MONITOR mode on all cores, as last told by a task.
  int monitors = 0;

  ShardView own_view() const { return ShardView{own_shards_, server_.slot_map.data()}; }
  OutBuffer& scratch() { return scratch_; }

 private:
  struct Lane;
  void handle(int from, const Message& message);
  void execute_parcel(int from, Parcel& parcel);
  void deliver_parcel(Parcel* parcel);
  void handle_part(Part& part, uint32_t operation);
  void run_task(int from, CoreTask* task);
  void post(int to, const Message& message);
  void seal(Lane& lane);
  void drain_lanes();
  void resume_sessions();
  void run_local_events();
  void after_unpark();

  Server& server_;
  const int index_;
  Mailbox& mailbox_;
  Config config_;
  Shard shard_;
  Admission admission_;
  CoreStats stats_;
  Slowlog slowlog_;
  Time now_;
  std::vector<Shard*> own_shards_;  // Null but for this core's.
  std::vector<Lane> lanes_;         // By destination core.
  std::vector<std::unique_ptr<Parcel>> parcel_pool_;
  std::vector<std::pair<int, Message>> held_messages_;  // Arrived while parked.
  std::deque<Message> local_events_;  // Part results of this core for itself.
  List<Session> sessions_;
  std::vector<Session*> resume_;
  OutBuffer scratch_;
  std::vector<uint64_t> scratch_keys_;
  friend class Session;
  friend class DeferredRequest;
};

}  // namespace rondo
