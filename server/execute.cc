// What a core does for its own shard: commands, and parts of transactions.
#include <algorithm>

#include "reactor/tick_meter.h"
#include "server/core.h"
#include "server/keyspace_events.h"
#include "server/message_kind.h"
#include "server/no_touch.h"
#include "server/transaction.h"
#include "shard/watches.h"

namespace rondo {

namespace {

// The time of a tick is looked at behind each command that takes longer, and else every 32
// commands.
constexpr double kLongCommandUs = 20;

Call make_call(Shard& shard, const ShardView& view, const Request& request, const Command& row,
               Reply& reply) {
  Call call(shard, request.db, request.args, reply);
  if (request.hash != 0) call.set_hash(static_cast<size_t>(row.keys.first), request.hash);
  call.set_owners(request.owners);
  call.set_token(request.token);
  call.set_view(&view);
  return call;
}

}  // namespace

bool Core::run_on(Shard& shard, const ShardView& view, Request& request, const Command& row,
                  Reply& reply) {
  const NoTouch no_touch(view, request.no_touch);
  Call call = make_call(shard, view, request, row, reply);
  return run(row, call);
}

void Core::execute_on(Shard& shard, const ShardView& view, Request& request, const Command& row,
                      Reply& reply) {
  const NoTouch no_touch(view, request.no_touch);
  Call call = make_call(shard, view, request, row, reply);
  const uint64_t cycles = run_and_count(row, call);
  if (is_slow(cycles)) [[unlikely]]
    check_slow(request, row, cycles);
}

void Core::count_executed(const Request& request, const Command& row, uint64_t cycles,
                          bool failed) {
  count_command(row, cycles, failed);
  if (cycles >= slow_cycles_) [[unlikely]]
    check_slow(request, row, cycles);
}

void Core::count_error(std::string_view text) {
  ++stats_.error_replies;
  const std::string_view code = text.substr(0, text.find(' '));
  auto found = stats_.errors.find(code);
  if (found == stats_.errors.end()) {
    // Codes come from this program, but scripts may make their own: the list stays short.
    if (stats_.errors.size() >= CoreStats::kErrorCodesMax) return;
    found = stats_.errors.emplace(std::string(code), 0).first;
  }
  ++found->second;
}

void Core::config_changed() {
  const auto us = config_.slowlog_log_slower_than;
  const auto ms = config_.latency_monitor_threshold;
  double threshold_us = us < 0 ? 1e18 : static_cast<double>(us);
  if (ms > 0) threshold_us = std::min(threshold_us, static_cast<double>(ms) * 1000);
  // Sessions that execute a row of longer commands have to yield in between.
  if (share_limit_cycles_ != UINT64_MAX) threshold_us = std::min(threshold_us, kLongCommandUs);
  slow_cycles_ =
      threshold_us >= 1e15 ? UINT64_MAX : static_cast<uint64_t>(threshold_us * cycles_per_us());
  if (share_limit_cycles_ == 0) slow_cycles_ = 0;
  slowlog_.configure(us, config_.slowlog_max_len);
  ShardLimits& limits = shard_.limits();
  limits.string_bytes_max = config_.proto_max_bulk_len;
  limits.hash = {config_.hash_max_listpack_entries, config_.hash_max_listpack_value};
  limits.set = {config_.set_max_listpack_entries, config_.set_max_listpack_value};
  limits.set_integers_max = config_.set_max_intset_entries;
  limits.list = ListLimits::of(config_.list_max_listpack_size, config_.list_compress_depth);
  limits.zset = {config_.zset_max_listpack_entries, config_.zset_max_listpack_value};
  shard_.set_active_expiry(config_.active_expire);
  if (tick_meter) tick_meter->set_limit_us(config_.tick_cpu_limit_us);
  keyspace_events_->configure(config_.notify_keyspace_events);
  publishes_events_ = keyspace_events_->active();
}

// Cold: a command took as long as one of the thresholds.
void Core::check_slow(const Request& request, const Command& row, uint64_t cycles) {
  const auto duration_us = static_cast<int64_t>(static_cast<double>(cycles) / cycles_per_us());
  if (request.home == index_ && request.address.session && share_over_at_lap()) {
    request.address.session->yield();
  }
  note_latency(row, duration_us);
  if (!slowlog_.interested(duration_us) || (row.flags & kSkipSlowlog)) return;
  // The client's address and name are known on its own core, where the session lives as long as
  // its reply is on the way.
  Session* session = request.address.session;
  if (!session) return;
  SlowlogEntry entry = Slowlog::make_entry(request.args, duration_us);
  if (request.home == index_) {
    log_slow(*session, std::move(entry));
  } else {
    auto slow = std::make_unique<SlowCommand>(SlowCommand{session, std::move(entry)});
    post(request.home, make_message(MessageKind::kSlow, slow.release()));
  }
}

void Core::note_slow(const Session& session, const Command& row, Args args, int64_t duration_us) {
  note_latency(row, duration_us);
  if (!slowlog_.interested(duration_us) || (row.flags & kSkipSlowlog)) return;
  log_slow(session, Slowlog::make_entry(args, duration_us));
}

void Core::note_latency(const Command& row, int64_t duration_us) {
  const int64_t threshold_ms = config_.latency_monitor_threshold;
  if (threshold_ms == 0 || duration_us < threshold_ms * 1000) return;
  latency_.add((row.flags & kFast) ? "fast-command" : "command", now_ms() / 1000,
               duration_us / 1000);
}

void Core::log_slow(const Session& session, SlowlogEntry entry) {
  entry.peer = session.address().peer;
  entry.name = session.name;
  entry.unix_seconds = now_ms() / 1000;
  entry.id = server_.next_slowlog_id.fetch_add(1, std::memory_order_relaxed);
  slowlog_.add(std::move(entry));
}

// A key is locked in all databases at once: MOVE and COPY reach into another one, and for the rest
// that only costs a wait.
LockMode Core::lock_keys(const Command& row, Args args, std::vector<uint64_t>& keys) const {
  std::vector<int> positions;
  static_cast<void>(key_positions(row, args, positions));
  for (int position : positions) {
    keys.push_back(hash_key(args[static_cast<size_t>(position)]));
  }
  if (row.route == Route::kCursor || row.route == Route::kScript) {
    keys.push_back(Admission::kAllKeys);
  }
  return lock_mode(row);
}

// At once on this core, since a WATCH right behind it executes at once too.
void Core::send_unwatch(int to, uint64_t token) {
  Message message = make_message(MessageKind::kUnwatch, nullptr);
  message.words[0] = token;
  if (to != index_) {
    post(to, message);
  } else {
    handle(index_, message);
  }
}

// --- Parts of transactions ---------------------------------------------------------------------

void Core::run_part(Part& part) {
  Core& owner = *server_.cores[static_cast<size_t>(part.shard)];
  if (part.watch_token != 0) {
    part.watch_failed = owner.shard_.watches().is_dirty(part.watch_token);
    if (part.watch_failed) return;
  }
  start_clock();
  // Of all parts of a transaction together no more will be sent.
  part.reply.set_limit(config_.output_bytes_max(part.client_class));
  for (PartCommand& command : part.commands) {
    Reply reply(part.reply, command.request.resp);
    if (part.gather) reply.collect_marks(&part.ends);
    if (part.of_split) {
      part.failed = !run_on(owner.shard_, owner.own_view_, command.request, *command.row, reply);
      part.cycles = lap_clock();
    } else {
      execute_on(owner.shard_, owner.own_view_, command.request, *command.row, reply);
    }
    if (!part.gather) part.ends.push_back(part.reply.size());
  }
}

// It is the part's turn. Its locks are held already when `locked`.
void Core::grant(Part& part, bool locked) {
  if (needs_park(part)) {
    part.needs_park = true;
    if (locked) admission_.unlock(part.keys, part.mode);
    finish_part(part, PartResult::kRefused);
    return;
  }
  part.held = locked;
  if (!locked || part.run_at_grant) run_part(part);
  if (!locked) serve_ready();
  finish_part(part, PartResult::kGranted);
}

// Clients wait for what the part writes, and for keys of other shards or to move it there. These
// are served within the transaction, so it has to hold the shards.
bool Core::needs_park(const Part& part) const {
  const Waiters& waiters = shard_.waiters();
  if (part.mode != LockMode::kExclusive || waiters.empty()) return false;
  return (part.serves_all && waiters.any_wide(part.keys)) || waiters.any_outward(part.keys);
}

// A part or a park that waits in Admission.
class PartWaiter final : public Waiter {
 public:
  PartWaiter(Core& core, Part& part, PartOperation operation)
      : core_(core), part_(part), operation_(operation) {}

  void admitted() override {
    if (operation_ == PartOperation::kParkWait) {
      part_.held = true;
      core_.finish_part(part_, PartResult::kGranted);
    } else {
      core_.grant(part_, operation_ == PartOperation::kLockWait);
    }
  }

 private:
  Core& core_;
  Part& part_;
  PartOperation operation_;
};

// While a coordinator operates on the shard: whoever would wait waits for the end of that, since
// not even who waits for keys may be looked at before.
void Core::turn_away(Part& part, PartOperation operation) {
  CHECK(!part.held);
  switch (operation) {
    case PartOperation::kLock:
    case PartOperation::kRun:
    case PartOperation::kPark:
      finish_part(part, PartResult::kRefused);
      return;
    case PartOperation::kLockWait:
    case PartOperation::kRunWait:
    case PartOperation::kParkWait: {
      const auto tag = static_cast<uint32_t>(operation);
      held_messages_.emplace_back(part.home, make_message(MessageKind::kPart, &part, tag));
      return;
    }
    case PartOperation::kCommit:
    case PartOperation::kRelease:
    case PartOperation::kUnpark:
      CHECK(false && "who holds locks or the park is not turned away");
  }
}

void Core::handle_part(Part& part, PartOperation operation) {
  if (admission_.parked() && !part.held) return turn_away(part, operation);
  switch (operation) {
    case PartOperation::kLock:
    case PartOperation::kLockWait:
    case PartOperation::kRun:
    case PartOperation::kRunWait: {
      const bool locks = operation == PartOperation::kLock || operation == PartOperation::kLockWait;
      if (part.mode == LockMode::kExclusive) blocking_.add_reach(part.keys);
      if (admission_.admits(part.keys, part.mode, part.session)) {
        if (locks) admission_.lock(part.keys, part.mode);
        grant(part, locks);
      } else if (operation == PartOperation::kLock || operation == PartOperation::kRun) {
        finish_part(part, PartResult::kRefused);
      } else {
        const auto kind = locks ? Admission::Kind::kPart : Admission::Kind::kRequest;
        admission_.wait(kind, part.keys, part.mode, part.session,
                        std::make_unique<PartWaiter>(*this, part, operation));
      }
      return;
    }
    case PartOperation::kCommit:
      run_part(part);
      [[fallthrough]];
    case PartOperation::kRelease:
      CHECK(part.held);
      part.held = false;
      admission_.unlock(part.keys, part.mode);
      serve_released();
      finish_part(part, PartResult::kDone);
      admit_waiting();
      return;
    case PartOperation::kPark:
    case PartOperation::kParkWait:
      if (admission_.can_park()) {
        admission_.park();
        part.held = true;
        finish_part(part, PartResult::kGranted);
      } else if (operation == PartOperation::kPark) {
        finish_part(part, PartResult::kRefused);
      } else {
        admission_.wait(Admission::Kind::kPark, {}, LockMode::kExclusive, part.session,
                        std::make_unique<PartWaiter>(*this, part, operation));
      }
      return;
    case PartOperation::kUnpark:
      CHECK(part.held);
      part.held = false;
      admission_.unpark();
      shard_.set_time(now_);
      keyspace_events_->park_ended();
      serve_released();
      finish_part(part, PartResult::kDone);
      admit_waiting();
      return;
  }
}

// Locks or a park were given back. Clients that wait for a key are served as part of what made it
// ready: before anybody hears of that.
void Core::serve_released() {
  shard_.waiters().retry_delayed();
  serve_ready();
}

// What arrived while the shard was parked queues behind those who wait already, so that a row of
// parks can not starve it.
void Core::admit_waiting() {
  escalations_.end_over();
  std::vector<std::pair<int, Message>> held;
  held.swap(held_messages_);
  for (const auto& [from, message] : held)
    handle(from, message);
  admission_.run_waiting();
}

}  // namespace rondo
