#include "server/core.h"

#include <algorithm>

#include "server/allocator.h"
#include "server/keyspace_events.h"
#include "server/message_kind.h"
#include "server/pubsub.h"
#include "server/scan_walk.h"
#include "server/scripting/scripting.h"
#include "server/transaction.h"
#include "shard/watches.h"

namespace rondo {

namespace {

// Rounds of local events and resumed sessions in one flush; the rest waits for the next tick.
constexpr int kFlushRounds = 8;
// What is freed at once of the output of a client that is gone: some tens of microseconds.
constexpr size_t kDiscardBytes = 256 * 1024;

ShardOptions shard_options(const Server& server, int index) {
  ShardOptions options;
  options.index = index;
  options.shard_count = server.cores_count;
  options.databases = static_cast<int>(server.initial_config.databases);
  options.seed = server.seed + static_cast<uint64_t>(index);
  return options;
}

}  // namespace

Core::Core(Server& server, int index, Mailbox* mailbox)
    : server_(server),
      index_(index),
      mailbox_(mailbox),
      config_(server.initial_config),
      shard_(shard_options(server, index)),
      pubsub_(std::make_unique<PubSub>(*this)),
      keyspace_events_(std::make_unique<KeyspaceEvents>(*this)),
      own_shards_(static_cast<size_t>(server.cores_count)),
      lanes_(static_cast<size_t>(server.cores_count)) {
  CHECK(mailbox != nullptr || server.cores_count == 1);
  own_shards_[static_cast<size_t>(index)] = &shard_;
  own_view_ = ShardView{own_shards_, server_.partition_map.data()};
  stats_.commands.resize(CommandTable::instance().size());
  config_changed();
  for (size_t id = 0; id < table_.size(); ++id) {
    manners_.push_back(manner_of(table_.row(static_cast<uint16_t>(id))));
  }
  server_.cores[static_cast<size_t>(index)] = this;
  lanes_[static_cast<size_t>(index)].holder = this;
}

Core::~Core() = default;

// Short commands are done within a microsecond or so on any value: they may run on a borrowed
// shard, whose owner may have to wait for them.
Core::Manner Core::manner_of(const Command& row) {
  if ((row.flags & (kBlocking | kGuarded)) || row.route == Route::kScript) return Manner::kOther;
  // A WATCH may not overtake the message that ends the watches before it.
  if (row.route == Route::kSplit) return row.name != "watch" ? Manner::kShort : Manner::kOther;
  if (row.route != Route::kKey || row.keys.first != 1 || row.keys.last != 1) return Manner::kOther;
  if ((row.flags & kFast) == 0 && row.name != "set") return Manner::kOther;
  const bool plain = row.run && !row.find_keys && row.subcommands.empty();
  return plain ? Manner::kPlain : Manner::kShort;
}

// As many as there are blocked sessions at the most.
Transaction& Core::obtain_transaction() {
  if (idle_transactions_.empty()) {
    transactions_.push_back(std::make_unique<Transaction>(*this));
    return *transactions_.back();
  }
  Transaction& transaction = *idle_transactions_.back();
  idle_transactions_.pop_back();
  return transaction;
}

// --- The tick ----------------------------------------------------------------------------------

bool Core::begin_tick(Time now) {
  now_ = now;
  if (!admission_.parked()) shard_.set_time(now);
  for (Session* session : yielded_) {
    if (!session) continue;
    session->resume_queued_ = false;
    resume_later(*session);
  }
  yielded_.clear();
  blocking_.fire_due(now.mono_ns / 1'000'000);
  size_t handled = 0;
  if (mailbox_) {
    begin_share();
    handled = mailbox_->drain([this](int from, const Message& message) {
      handle(from, message);
      return !share_over();
    });
  }
  check_pause();
  scripts_busy_ = server_.busy_scripts.any();
  if (scripts_busy_ && !held_messages_.empty()) [[unlikely]]
    refuse_held();
  begin_share();
  return handled != 0;
}

void Core::flush() {
  begin_share();
  run_lone();
  if (scripting_ && scripting_->suspended()) [[unlikely]]
    resume_script();
  for (int round = 0; round < kFlushRounds; ++round) {
    run_local_events();
    resume_sessions();
    if (local_events_.empty() && resume_.empty()) break;
  }
  pubsub_->flush();
  for (size_t to = 0; to < lanes_.size(); ++to) {
    Lane& lane = lanes_[to];
    if (lane.open) seal(static_cast<int>(to));
    while (!lane.outbox.empty() && mailbox_->send(static_cast<int>(to), lane.outbox.front())) {
      lane.outbox.pop_front();
    }
  }
}

bool Core::background() {
  const bool discarding = discard_slice();
  if (admission_.parked()) return discarding;
  const bool expiring = !writes_paused() && shard_.expire_slice();
  const bool freeing = free_slice();
  return expiring || freeing || discarding;
}

bool Core::free_slice() {
  if (!freeing_pace_.may_free()) return false;
  if (!shard_.free_slice()) return false;
  if (freeing_pace_.ends_round(static_cast<size_t>(cores() - 1))) {
    for (int to = 0; to < cores(); ++to) {
      if (to != index_) post(to, make_message(MessageKind::kTakeFreed, nullptr));
    }
  }
  return true;
}

void Core::discard(OutBuffer bytes) {
  if (bytes.size() > kDiscardBytes) discarded_.push_back(std::move(bytes));
}

bool Core::discard_slice() {
  if (discarded_.empty()) return false;
  OutBuffer& last = discarded_.back();
  last.consume(std::min(last.size(), kDiscardBytes));
  if (last.empty()) discarded_.pop_back();
  return !discarded_.empty();
}

bool Core::has_backlog() const {
  if (!resume_.empty() || !yielded_.empty() || !local_events_.empty()) return true;
  if (scripting_ && scripting_->suspended()) return true;
  return std::any_of(lanes_.begin(), lanes_.end(),
                     [](const Lane& lane) { return !lane.outbox.empty(); });
}

// What another core has freed, or the answer of one that has taken what we did.
void Core::handle_freed(int from, const Message& message) {
  if (static_cast<MessageKind>(message.kind) == MessageKind::kTakeFreed) {
    post(from, make_message(MessageKind::kTakenFreed, nullptr, take_freed_by_others()));
  } else {
    freeing_pace_.taken(message.tag != 0);
  }
}

void Core::run_local_events() {
  // Only what is there now: an event may cause another one.
  for (size_t n = local_events_.size(); n > 0; --n) {
    const Message message = local_events_.front();
    local_events_.pop_front();
    handle(index_, message);
  }
}

// --- Messages ----------------------------------------------------------------------------------

void Core::post(int to, const Message& message) {
  if (to == index_) {
    local_events_.push_back(message);
    return;
  }
  Lane& lane = lanes_[static_cast<size_t>(to)];
  if (lane.open) seal(to);  // What was asked before goes before.
  if (lane.outbox.empty() && mailbox_->send(to, message)) return;
  lane.outbox.push_back(message);
  lane.holder = nullptr;
}

void Core::send_request(int to, const Request& request) {
  Lane& lane = lanes_[static_cast<size_t>(to)];
  if (!lane.open) {
    lane.holder = nullptr;
    if (parcel_pool_.empty()) {
      lane.open = std::make_unique<Parcel>();
    } else {
      lane.open = std::move(parcel_pool_.back());
      parcel_pool_.pop_back();
    }
  }
  lane.open->add(request);
  ++stats_.hops;
  if (lane.open->full()) seal(to);
}

void Core::seal(int to) {
  Lane& lane = lanes_[static_cast<size_t>(to)];
  Parcel* parcel = lane.open.release();
  ++lane.parcels;
  ++stats_.parcels_sent;
  const Message message = make_message(MessageKind::kParcel, parcel);
  if (lane.outbox.empty() && mailbox_->send(to, message)) return;
  lane.outbox.push_back(message);
}

void Core::send_part(Part& part, PartOperation operation) {
  const Message message = make_message(MessageKind::kPart, &part, static_cast<uint32_t>(operation));
  if (part.shard == index_) {
    handle_part(part, operation);
  } else {
    post(part.shard, message);
  }
}

void Core::finish_part(Part& part, PartResult result) {
  post(part.home, make_message(MessageKind::kPartDone, &part, static_cast<uint32_t>(result)));
}

void Core::send_wait(int to, BlockedClient& client, WaitRequest request) {
  post(to, make_message(MessageKind::kWait, &client, static_cast<uint32_t>(request)));
}

void Core::send_news(int to, BlockedClient& client, WaitNews news) {
  post(to, make_message(MessageKind::kWaitNews, &client, static_cast<uint32_t>(news)));
}

void Core::send_push(int to, uint64_t session_id, OutBuffer bytes) {
  auto* owned = new OutBuffer(std::move(bytes));
  Message message = make_message(MessageKind::kPush, owned);
  message.words[0] = session_id;
  post(to, message);
}

void Core::start_task(std::unique_ptr<CoreTask> task) {
  task->outstanding_ = cores();
  CoreTask* started = task.release();
  for (int to = 0; to < cores(); ++to)
    post(to, make_message(MessageKind::kTask, started));
}

void Core::run_task(int from, CoreTask* task) {
  task->run(*this);
  post(from, make_message(MessageKind::kTaskDone, task));
}

// A core has run it.
void Core::task_done(CoreTask* task) {
  if (--task->outstanding_ > 0) return;
  const std::unique_ptr<CoreTask> done(task);
  done->finish(*this);
}

namespace {

void deliver(std::unique_ptr<LateReply> late) {
  late->address.session->answer(late->address.sequence, std::move(late->reply));
}

void deliver(Part& part, PartResult result) {
  part.transaction->on_result(part, result);
}

void deliver(Session* session, std::unique_ptr<OutBuffer> bytes) {
  if (session) session->push(*bytes);
}

}  // namespace

void Core::handle(int from, const Message& message) {
  const auto kind = static_cast<MessageKind>(message.kind);
  if (admission_.parked() && touches_shard(kind)) {
    held_messages_.emplace_back(from, message);
    return;
  }
  switch (kind) {
    case MessageKind::kParcel:
      execute_parcel(from, *static_cast<Parcel*>(message.pointer));
      return;
    case MessageKind::kParcelDone:
      deliver_parcel(from, static_cast<Parcel*>(message.pointer));
      return;
    case MessageKind::kLateReply:
      deliver(std::unique_ptr<LateReply>(static_cast<LateReply*>(message.pointer)));
      return;
    case MessageKind::kPart:
      handle_part(*static_cast<Part*>(message.pointer), static_cast<PartOperation>(message.tag));
      return;
    case MessageKind::kPartDone:
      deliver(*static_cast<Part*>(message.pointer), static_cast<PartResult>(message.tag));
      return;
    case MessageKind::kTask:
      run_task(from, static_cast<CoreTask*>(message.pointer));
      return;
    case MessageKind::kTaskDone:
      task_done(static_cast<CoreTask*>(message.pointer));
      return;
    case MessageKind::kTakeFreed:
    case MessageKind::kTakenFreed:
      handle_freed(from, message);
      return;
    case MessageKind::kUnwatch:
      shard_.watches().drop(message.words[0]);
      return;
    case MessageKind::kPush:
      deliver(find_session(message.words[0]),
              std::unique_ptr<OutBuffer>(static_cast<OutBuffer*>(message.pointer)));
      return;
    case MessageKind::kPublications:
      pubsub_->receive(from, *static_cast<PublicationBatch*>(message.pointer));
      return;
    case MessageKind::kPublicationsDone:
      pubsub_->returned(from, static_cast<PublicationBatch*>(message.pointer));
      return;
    case MessageKind::kWait:
      blocking_.on_request(*static_cast<BlockedClient*>(message.pointer),
                           static_cast<WaitRequest>(message.tag));
      return;
    case MessageKind::kWaitNews:
      blocking_.on_news(*static_cast<BlockedClient*>(message.pointer),
                        static_cast<WaitNews>(message.tag));
      return;
    case MessageKind::kScan:
      static_cast<ScanWalk*>(message.pointer)->arrive(*this);
      return;
    case MessageKind::kScanDone:
      static_cast<ScanWalk*>(message.pointer)->finish(*this);
      return;
    case MessageKind::kHeldRequest:
      execute_held(from, std::unique_ptr<Parcel>(static_cast<Parcel*>(message.pointer)));
      return;
    case MessageKind::kSlow: {
      const std::unique_ptr<SlowCommand> slow(static_cast<SlowCommand*>(message.pointer));
      log_slow(*slow->session, std::move(slow->entry));
      return;
    }
  }
  CHECK(false && "unknown message kind");
}

}  // namespace rondo
