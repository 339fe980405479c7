#include "server/blocking.h"

#include <algorithm>
#include <utility>

#include "server/core.h"
#include "server/message_kind.h"
#include "server/transaction.h"

namespace rondo {

BlockedClient::BlockedClient(Blocking& owner)
    : blocking(owner), timer(this, Timer::call<&BlockedClient::on_timeout>) {}

// It is active only while the client waits.
void BlockedClient::on_timeout() {
  static_cast<void>(blocking.give_up(*this, GiveUp::kTimeout));
}

void BlockedClient::clear() {
  session = nullptr;
  storage.reset();
  request = Request();
  state.store(WaitState::kWaiting, std::memory_order_relaxed);
  places.reset();
  places_count = 0;
  shards.clear();
  timeout_ms = 0;
  reply.clear();
  looking = waiting = ended = busy = false;
}

Blocking::Blocking(Core& core) : core_(core), timers_(core.now().mono_ns / 1'000'000) {}

Blocking::~Blocking() = default;

// As many as there are blocked sessions, and those that are still being forgotten.
BlockedClient& Blocking::obtain() {
  if (idle_.empty()) {
    clients_.push_back(std::make_unique<BlockedClient>(*this));
    return *clients_.back();
  }
  BlockedClient& client = *idle_.back();
  idle_.pop_back();
  return client;
}

void Blocking::recycle_if_over(BlockedClient& client) {
  if (!client.ended || client.looking || client.busy || client.forgetting != 0) return;
  client.clear();
  idle_.push_back(&client);
}

void Blocking::start(Session& session, const Request& request, const Command& row, int shard) {
  BlockedClient& client = obtain();
  client.session = &session;
  client.row = &row;
  client.started_ns = core_.now().mono_ns;
  client.storage.add(request);
  // The one request of the storage: its decoded arguments stay where they are.
  client.storage.for_each([&](Request& stored) { client.request = stored; });
  client.request.home = core_.index();
  client.request.address = {&session, session.open_reply()};
  client.request.client_class = session.client_class();
  session.block();
  session.set_blocked_client(&client);
  if (shard == ParsedCommand::kNoShard) shard = core_.index();
  if (look_at_once(client, shard)) return;
  if (shard == ParsedCommand::kSeveralShards) {
    look_parked(client);
    return;
  }
  client.looking = true;
  const int owner = shard;
  if (owner == core_.index() && !core_.admission().parked()) {
    on_request(client, WaitRequest::kLook);
  } else {
    core_.send_wait(owner, client, WaitRequest::kLook);
  }
}

// It stands in line. It may have been claimed since, which this core hears of next.
void Blocking::joined(BlockedClient& client) {
  client.waiting = true;
  ++waiting_;
  if (client.timeout_ms != 0) {
    const int64_t due_ms = (client.started_ns + 999'999) / 1'000'000;
    timers_.set(client.timer, std::max(due_ms, due_ms + client.timeout_ms));
  }
  if (!client.session->connected()) {
    static_cast<void>(give_up(client, GiveUp::kGone));
    return;
  }
  // The host may have something against a client that waits.
  client.session->notify();
}

bool Blocking::give_up(BlockedClient& client, GiveUp why) {
  if (!client.waiting || !client.take(WaitState::kCancelled)) return false;
  Reply reply(client.reply, client.request.resp);
  if (why == GiveUp::kError) {
    constexpr std::string_view kText = "UNBLOCKED client unblocked via CLIENT UNBLOCK";
    reply.error(kText);
    core_.count_error(kText);
  } else {
    reply.null_array();
  }
  if (why != GiveUp::kGone) core_.count_command(*client.row, 0, why == GiveUp::kError);
  end(client);
  return true;
}

// The reply is there. What still knows the client forgets it.
void Blocking::end(BlockedClient& client) {
  CHECK(!client.ended);
  client.ended = true;
  client.timer.cancel();
  if (client.waiting) --waiting_;
  client.waiting = false;
  for (const int shard : client.shards) {
    if (forget_at_once(client, shard)) continue;
    ++client.forgetting;
    core_.send_wait(shard, client, WaitRequest::kForget);
  }
  Session& session = *client.session;
  session.set_blocked_client(nullptr);
  session.answer(client.request.address.sequence, std::move(client.reply));
  recycle_if_over(client);
  session.unblock();
}

void Blocking::on_news(BlockedClient& client, WaitNews news) {
  switch (news) {
    case WaitNews::kFound:
      client.looking = false;
      end(client);
      return;
    case WaitNews::kJoined:
      client.looking = false;
      if (client.ended) {
        recycle_if_over(client);  // It has been served by another core since.
      } else {
        joined(client);
      }
      return;
    case WaitNews::kServed:
      end(client);
      return;
    case WaitNews::kWider:
      client.looking = false;
      look_parked(client);
      return;
    case WaitNews::kForgotten:
      CHECK(client.forgetting > 0);
      --client.forgetting;
      recycle_if_over(client);
      return;
  }
}

// Out of the lines of a shard that this thread has, or can have for a moment.
bool Blocking::forget_at_once(BlockedClient& client, int shard) {
  const size_t borrowed = core_.borrowed_count();
  const bool own = shard == core_.index();
  if (own ? core_.admission().parked() : !core_.borrow(shard)) return false;
  Waiters& waiters = core_.server().cores[static_cast<size_t>(shard)]->shard().waiters();
  for (WaitPlace& place : client.all_places()) {
    if (place.shard == shard) waiters.leave(place);
  }
  core_.return_borrowed_from(borrowed);
  return true;
}

// --- The first look, by the thread that holds all shards of the client's keys -------------------

// When they are ours or asleep, no message is needed. False: some are not, and nothing happened.
bool Blocking::look_at_once(BlockedClient& client, int shard) {
  const size_t borrowed = core_.borrowed_count();
  const bool held = hold_shards(client, shard);
  if (held && shard == core_.index()) {
    look_on(client, core_.shard(), core_.own_view());
    core_.serve_ready();
  } else if (held) {
    const ShardView view{held_, core_.server().partition_map.data()};
    look_on(client, first_shard(client, view), view);
    serve(view);
  }
  core_.return_borrowed_from(borrowed);
  return held;
}

// Takes hold of the one shard of its keys or of its several ones. Those of others only when it is
// short: COUNT, of the commands whose keys are counted, has no limit.
bool Blocking::hold_shards(const BlockedClient& client, int shard) {
  held_.assign(static_cast<size_t>(core_.cores()), nullptr);
  if (shard == core_.index()) return core_.hold(shard);
  const Args args = client.request.args;
  if (client.row->find_keys || !Core::is_short_list(args.size())) return false;
  for (const int position : find_keys(client)) {
    const int one = core_.shard_of(args[static_cast<size_t>(position)]);
    if (!core_.hold(one)) return false;
    held_[static_cast<size_t>(one)] = &core_.server().cores[static_cast<size_t>(one)]->shard();
  }
  return true;
}

// Those that come while the shards are asked for look together, so that many clients of the same
// keys do not park them one after the other.
void Blocking::look_parked(BlockedClient& client) {
  client.busy = true;
  if (next_look_ && next_look_->take_along(client)) return;
  next_look_ = &Transaction::start_waiting(core_, client);
}

void Blocking::run_parked(const Transaction& transaction, std::span<BlockedClient* const> clients,
                          const ShardView& view) {
  if (next_look_ == &transaction) next_look_ = nullptr;
  for (BlockedClient* client : clients) {
    look_on(*client, first_shard(*client, view), view);
    serve(view);
  }
}

void Blocking::look_on(BlockedClient& client, Shard& first, const ShardView& view) {
  switch (run(client, first, view, false)) {
    case Outcome::kServed:
      end(client);
      return;
    case Outcome::kBlocked:
      join(client, view);
      joined(client);
      return;
    case Outcome::kLost:
    case Outcome::kNeedsAllShards:
      CHECK(false && "nobody else knows it, and all of its shards are held");
  }
}

void Blocking::end_parked(BlockedClient& client) {
  client.busy = false;
  recycle_if_over(client);
}

}  // namespace rondo
