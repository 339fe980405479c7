// The part of Blocking that executes on shards: the first look of a command that may wait, and
// serving those who wait (server/blocking.h).
#include "server/core.h"
#include "server/message_kind.h"
#include "server/no_touch.h"
#include "shard/key_wait.h"

namespace rondo {

namespace {

// The claim of a client that waits; on the first look nobody else knows it yet.
class ClientWait final : public KeyWait {
 public:
  ClientWait(BlockedClient& client, bool waiting) : KeyWait(waiting), client_(client) {}

 private:
  bool try_claim() override { return !waiting() || client_.take(WaitState::kClaimed); }

  BlockedClient& client_;
};

// Its last key is not waited for: it gets what is taken from the other one.
bool moves(const Command& row) {
  return row.keys.first == 1 && row.keys.last == 2;
}

}  // namespace

// A first look that waits in Admission.
class LookWaiter final : public Waiter {
 public:
  LookWaiter(Blocking& blocking, BlockedClient& client) : blocking_(blocking), client_(client) {}
  void admitted() override { blocking_.look(client_); }

 private:
  Blocking& blocking_;
  BlockedClient& client_;
};

void Blocking::on_request(BlockedClient& client, WaitRequest request) {
  if (request == WaitRequest::kForget) {
    for (WaitPlace& place : client.all_places()) {
      if (place.shard == core_.index()) core_.shard().waiters().leave(place);
    }
    tell_home(client, WaitNews::kForgotten);
    core_.serve_ready();
    return;
  }
  if (!core_.quiet()) {
    std::vector<uint64_t> keys;
    const LockMode mode = core_.lock_keys(*client.row, client.request.args, keys);
    add_reach(keys);
    if (moves(*client.row) && core_.shard().waiters().any_outward(keys)) {
      tell_home(client, WaitNews::kWider);
      return;
    }
    const uint64_t session = session_number(client.session);
    if (!core_.admission().admits(keys, mode, session)) {
      core_.admission().wait(Admission::Kind::kRequest, std::move(keys), mode, session,
                             std::make_unique<LookWaiter>(*this, client));
      return;
    }
  }
  look(client);
}

void Blocking::look(BlockedClient& client) {
  const ShardView& view = core_.own_view();
  const bool blocked = run(client, core_.shard(), view, false) == Outcome::kBlocked;
  if (blocked) join(client, view);
  tell_home(client, blocked ? WaitNews::kJoined : WaitNews::kFound);
  core_.serve_ready();
}

Shard& Blocking::first_shard(const BlockedClient& client, const ShardView& view) {
  return view.of_key(client.request.args[static_cast<size_t>(find_keys(client).at(0))]);
}

// Executes the command for a client on the shards of `view`. Until it has claimed the client it
// only reads it: others may do the same.
Blocking::Outcome Blocking::run(BlockedClient& client, Shard& shard, const ShardView& view,
                                bool waiting) {
  const Request& request = client.request;
  made_.clear();
  made_.set_limit(core_.config().output_bytes_max(request.client_class));
  Reply reply(made_, request.resp);
  ClientWait wait(client, waiting);
  Call call(shard, request.db, request.args, reply);
  call.set_view(&view);
  call.set_key_wait(&wait);
  const NoTouch no_touch(view, request.no_touch);
  core_.start_clock();
  const Error error = client.row->run(call);
  const uint64_t cycles = core_.lap_clock();
  if (error && !wait.claim()) return Outcome::kLost;
  if (wait.lost()) return Outcome::kLost;
  if (wait.needs_all_shards()) return Outcome::kNeedsAllShards;
  if (wait.blocked()) {
    CHECK(!wait.claimed() || !waiting);
    CHECK(made_.empty());
    if (!waiting) place_client(client, wait);
    return Outcome::kBlocked;
  }
  if (error) {
    reply.error(error.text());
    core_.count_error(error.text());
  }
  CHECK(!made_.empty());
  client.reply.splice(std::move(made_));
  core_.count_executed(request, *client.row, cycles, static_cast<bool>(error));
  return Outcome::kServed;
}

// Makes the places that it will take.
void Blocking::place_client(BlockedClient& client, const KeyWait& wait) {
  client.timeout_ms = wait.timeout_ms();
  client.places_count = wait.count();
  client.places = std::make_unique<WaitPlace[]>(wait.count());
  for (size_t i = 0; i < wait.count(); ++i) {
    const int shard = core_.shard_of(client.request.args[wait.first() + i]);
    client.places[i].client = &client;
    client.places[i].argument = wait.first() + i;
    client.places[i].shard = shard;
    if (std::find(client.shards.begin(), client.shards.end(), shard) == client.shards.end()) {
      client.shards.push_back(shard);
    }
  }
  const std::vector<int>& keys = find_keys(client);
  for (WaitPlace& place : client.all_places()) {
    place.wide = client.shards.size() > 1;
    for (const int position : keys) {
      const auto at = static_cast<size_t>(position);
      const bool here = core_.shard_of(client.request.args[at]) == place.shard;
      place.reaches = place.reaches || (here && at != place.argument);
      place.outward = place.outward || (!here && moves(*client.row));
    }
  }
}

// The places of its keys among its arguments; until the next call.
const std::vector<int>& Blocking::find_keys(const BlockedClient& client) {
  positions_.clear();
  static_cast<void>(key_positions(*client.row, client.request.args, positions_));
  return positions_;
}

// Adds the keys of this shard that are touched when clients are served who wait for one of `keys`.
void Blocking::add_reach(std::vector<uint64_t>& keys) {
  if (core_.shard().waiters().empty()) return;
  for (size_t i = 0; i < keys.size(); ++i) {
    core_.shard().waiters().for_each_reaching(keys[i], [&](const WaitPlace& place) {
      const BlockedClient& client = *static_cast<const BlockedClient*>(place.client);
      for (const int position : find_keys(client)) {
        const std::string_view name = client.request.args[static_cast<size_t>(position)];
        const uint64_t key = hash_key(name);
        if (core_.shard_of(name) != core_.index()) continue;
        if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(key);
      }
    });
  }
}

void Blocking::join(BlockedClient& client, const ShardView& view) {
  for (WaitPlace& place : client.all_places()) {
    Shard& shard = *view.shards[static_cast<size_t>(place.shard)];
    const Key key = make_key(client.request.args[place.argument]);
    shard.waiters().join(place, client.request.db, key);
    // It joined because those before it are still to be served. What is there may be for it.
    if (shard.db(client.request.db).contains(key)) shard.waiters().signal(place);
  }
}

// Out of the lines of the shards that are held, among them our own.
void Blocking::leave(BlockedClient& client, const ShardView& view) {
  const auto held = [&](int index) -> Shard* {
    if (Shard* shard = view.shards[static_cast<size_t>(index)]) return shard;
    return index == core_.index() ? core_.held_shard(index) : nullptr;
  };
  for (WaitPlace& place : client.all_places()) {
    if (Shard* shard = held(place.shard)) shard->waiters().leave(place);
  }
  std::erase_if(client.shards, [&](int shard) { return held(shard) != nullptr; });
}

void Blocking::tell_home(BlockedClient& client, WaitNews news) {
  core_.send_news(client.request.home, client, news);
}

// --- Serving -----------------------------------------------------------------------------------

void Blocking::resume_after_pause() {
  if (std::exchange(paused_, false) && core_.cores() > 1) {
    // Keys of other shards became ready too, of which those who wait take the first.
    core_.escalations().serve_all();
  } else if (!core_.admission().parked()) {
    core_.serve_ready();
  }
}

void Blocking::serve_own() {
  if (!core_.admission().parked()) serve_on(core_.own_view(), true);
}

void Blocking::serve_of(Core& owner) {
  if (&owner == &core_) {
    serve_own();
  } else {
    serve_on(owner.own_view(), false);
  }
}

void Blocking::serve(const ShardView& view) {
  serve_on(view, false);
}

void Blocking::serve_on(const ShardView& view, bool own) {
  CHECK(!serving_);
  serving_ = true;
  take_ready(view);
  while (next_line_ < lines_.size()) {
    const ReadyLine ready = lines_[next_line_++];
    if (core_.writes_paused()) {
      later_.push_back(ready);
      paused_ = true;
      continue;
    }
    serve_line(view, own, ready);
    take_ready(view);
  }
  lines_.clear();
  next_line_ = 0;
  for (const ReadyLine& ready : later_)
    ready.shard->waiters().put_back(*ready.line);
  later_.clear();
  serving_ = false;
}

// What became ready since the last call, behind what is being served.
void Blocking::take_ready(const ShardView& view) {
  for (Shard* shard : view.shards) {
    if (!shard || !shard->waiters().has_ready()) continue;
    taken_.clear();
    shard->waiters().take_ready(taken_);
    for (WaitLine* line : taken_)
      lines_.push_back({shard, line});
  }
}

// Whether no transaction holds locks on what the client may touch.
bool Blocking::may_run(const BlockedClient& client) {
  const Admission& admission = core_.admission();
  if (admission.locks_held() == 0) return true;
  keys_.clear();
  const LockMode mode = core_.lock_keys(*client.row, client.request.args, keys_);
  return admission.is_free(keys_, mode);
}

void Blocking::serve_line(const ShardView& view, bool own, ReadyLine ready) {
  Waiters& waiters = ready.shard->waiters();
  WaitLine& line = *ready.line;
  bool locked = false;
  bool needs_all = false;
  line.places().for_each_while([&](WaitPlace& place) {
    if (!ready.shard->db(line.db()).contains(line.key())) return false;
    BlockedClient& client = *static_cast<BlockedClient*>(place.client);
    locked = own && !may_run(client);
    if (locked) return false;
    switch (run(client, *ready.shard, view, true)) {
      case Outcome::kServed:
        leave(client, view);
        tell_home(client, WaitNews::kServed);
        return true;
      case Outcome::kBlocked:  // The key is not of the type that it waits for,
      case Outcome::kLost:     // or it is about to leave.
        return true;
      case Outcome::kNeedsAllShards:
        needs_all = true;
        return false;
    }
    return true;
  });
  if (locked) {
    waiters.delay(line);
  } else if (needs_all) {
    later_.push_back(ready);
    // Of shards that are parked, the owner sees to it.
    if (own) core_.escalations().serve_all();
  } else {
    waiters.release(line);
  }
}

}  // namespace rondo
