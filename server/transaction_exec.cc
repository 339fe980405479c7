// EXEC over shards, and commands on shards that are parked for this core.
#include <algorithm>

#include "server/commands/client_pause.h"
#include "server/core.h"
#include "server/scripting/scripting.h"
#include "server/server_call.h"
#include "server/transaction.h"
#include "shard/scan_cursor.h"
#include "shard/watches.h"

namespace rondo {

namespace {

constexpr int kAllShardsNeeded = -1;

// Shards that a command of an EXEC needs: appends them, or kAllShardsNeeded.
void shards_of(const Core& core, const Command& row, Args args, std::vector<int>& shards) {
  if (needs_all_shards(row, args)) {
    shards.push_back(kAllShardsNeeded);
    return;
  }
  if (row.route == Route::kCursor) {
    ScanPosition position;
    if (!parse_scan_cursor(args[1], core.cores(), position)) {
      shards.push_back(core.index());
      return;
    }
    // It may go on to all that follow.
    for (int shard = position.shard; shard < core.cores(); ++shard)
      shards.push_back(shard);
    return;
  }
  std::vector<int> positions;
  // Checked when the command was queued.
  static_cast<void>(key_positions(row, args, positions));
  for (int position : positions) {
    shards.push_back(core.shard_of(args[static_cast<size_t>(position)]));
  }
  // A data command without keys runs anywhere.
  if (positions.empty()) shards.push_back(core.index());
}

bool has_one_key(const Command& row) {
  return row.keys.first > 0 && row.keys.first == row.keys.last && !row.find_keys;
}

}  // namespace

void Transaction::start_exec(Session& session) {
  Transaction& transaction = obtain(session);
  transaction.at_.exec = true;
  const int shard = session.multi().shard();
  transaction.adopt_queue();
  if (shard >= 0 && !transaction.items_.empty() && transaction.watches_nothing_but(shard)) {
    transaction.plan_single(shard);
  } else {
    transaction.plan_exec();
  }
  transaction.begin();
}

// Takes the queue over. Its bytes stay in the parcel; the views and blocks move to the items.
void Transaction::adopt_queue() {
  Multi& multi = session_->multi();
  storage_ = std::move(multi.queued());
  multi.reset();
  watched_shards_ = multi.watched_shards();
  const CommandTable& table = CommandTable::instance();
  storage_.for_each([&](Request& request) {
    Item& item = items_.add();
    item.row = &table.row(request.command);
    item.args.assign(request.args.begin(), request.args.end());
    item.owners.assign(std::make_move_iterator(request.owners.begin()),
                       std::make_move_iterator(request.owners.end()));
    item.request = request;
    item.request.args = item.args;
    item.request.owners = item.owners;
    item.request.home = core_.index();
    item.request.address = {session_, at_.sequence};
  });
}

bool Transaction::watches_nothing_but(int shard) const {
  return std::all_of(watched_shards_.begin(), watched_shards_.end(),
                     [shard](int watched) { return watched == shard; });
}

// All commands are for one shard, as was seen when they were queued.
void Transaction::plan_single(int shard) {
  at_.level = Level::kSingle;
  static_cast<void>(part_index(shard));
  bool writes = false;
  for (const Item& item : items_)
    writes = writes || (item.row->flags & kWrite) != 0;
  add_commands(writes);
}

// Chooses the level: one shard needs no locks; commands that each stay on one shard need locks;
// anything else, such as SCAN, and watched keys on other shards than the one, needs parks.
void Transaction::plan_exec() {
  std::vector<int> all(watched_shards_);
  std::vector<int> shards;
  bool parked = false;
  bool writes = false;
  bool iterates = false;
  bool scripts = false;
  for (Item& item : items_) {
    if (item.row->route == Route::kConnection) continue;
    writes = writes || (item.row->flags & kWrite) != 0;
    shards.clear();
    shards_of(core_, *item.row, item.args, shards);
    parked = parked || std::any_of(shards.begin(), shards.end(),
                                   [&](int shard) { return shard != shards[0]; });
    parked = parked || shards[0] == kAllShardsNeeded;
    iterates = iterates || item.row->route == Route::kCursor;
    scripts = scripts || item.row->route == Route::kScript;
    item.part = shards[0];  // The shard; replaced by its part below.
    all.insert(all.end(), shards.begin(), shards.end());
  }
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  if (!all.empty() && all[0] == kAllShardsNeeded) {
    all.clear();
    for (int shard = 0; shard < core_.cores(); ++shard)
      all.push_back(shard);
  }
  // All keys of a shard can not be locked.
  if (all.size() > 1 && (iterates || !watched_shards_.empty())) parked = true;
  // One that takes long is suspended, which needs a park.
  if (all.size() <= 1) parked = scripts;
  at_.level = parked ? Level::kParked : all.size() == 1 ? Level::kSingle : Level::kLocked;
  for (int shard : all)
    static_cast<void>(part_index(shard));
  if (!parked) add_commands(writes);
}

// Gives each part its commands and the locks that they need.
void Transaction::add_commands(bool writes) {
  for (Item& item : items_) {
    if (item.row->route == Route::kConnection) continue;
    const size_t index = parts_.size() == 1 ? 0 : part_index(item.part);
    Part& part = parts_[index];
    item.part = static_cast<int>(index);
    item.index = part.commands.size();
    part.commands.push_back({item.row, item.request});
    if (has_one_key(*item.row) && item.request.hash != 0) {
      part.keys.push_back(item.request.hash);
    } else {
      static_cast<void>(core_.lock_keys(*item.row, item.args, part.keys));
    }
  }
  for (Part& part : parts_) {
    part.mode = writes ? LockMode::kExclusive : LockMode::kShared;
    part.run_at_grant = !writes;
    part.serves_all = writes && parts_.size() > 1;
    if (watched_shards_.empty()) continue;
    // One part, on the shard of all watched keys. A write of one of them that was answered already
    // and only holds its lock comes before this one.
    const std::vector<uint64_t>& watched = session_->multi().watched_keys();
    part.keys.insert(part.keys.end(), watched.begin(), watched.end());
    part.watch_token = session_->id();
  }
}

// --- On parked shards --------------------------------------------------------------------------

void Transaction::run_parked() {
  held_.assign(static_cast<size_t>(core_.cores()), nullptr);
  for (const Part& part : parts_) {
    Shard& shard = core_.server().cores[static_cast<size_t>(part.shard)]->shard();
    shard.set_time(core_.now());
    held_[static_cast<size_t>(part.shard)] = &shard;
  }
  view_ = ShardView{held_, core_.server().partition_map.data()};
  for (int shard : watched_shards_) {
    at_.watch_failed =
        at_.watch_failed || held_[static_cast<size_t>(shard)]->watches().is_dirty(session_->id());
  }
  if (at_.watch_failed) {
    end_parked();
    return;
  }
  if (!clients_.empty()) core_.blocking().run_parked(*this, clients_, view_);
  at_.next = 0;
  run_items();
}

// From the next one on, until a script takes long.
void Transaction::run_items() {
  for (; at_.next < items_.size(); ++at_.next) {
    Item& item = items_[at_.next];
    if (item.row->route == Route::kConnection) continue;
    item.reply.set_limit(reply_room());
    if (item.row->route == Route::kScript) {
      if (!run_script(item)) return;
    } else {
      Reply reply(item.reply, item.request.resp);
      core_.start_clock();
      run_on_view(core_, view_, item.request, *item.row, reply);
    }
    core_.blocking().note_ready(view_);
  }
  core_.blocking().serve(view_);
  end_parked();
}

// False: resume_script() goes on with it.
bool Transaction::run_script(Item& item) {
  Scripting& scripting = core_.scripting();
  Reply reply(item.reply, item.request.resp);
  Shard& home = *held_[static_cast<size_t>(parts_[0].shard)];
  const Scripting::Place place{home, view_, this};
  return scripting.start(item.request, *item.row, place, reply) == Scripting::Outcome::kDone;
}

void Transaction::resume_script() {
  Item& item = items_[at_.next];
  Reply reply(item.reply, item.request.resp);
  if (core_.scripting().resume(reply) == Scripting::Outcome::kSuspended) return;
  core_.blocking().note_ready(view_);
  ++at_.next;
  run_items();
}

void Transaction::end_parked() {
  end_held(PartOperation::kUnpark);
}

// --- Commands on the connection, and the reply -------------------------------------------------

// First all others, in their order, then those that pause: another client's CLIENT PAUSE does not
// wait for them, so nothing may follow that it holds back, as it does PUBLISH.
Transaction::Item* Transaction::item_to_serve() {
  const size_t count = items_.size();
  for (; at_.next < 2 * count; ++at_.next) {
    Item& item = items_[at_.next % count];
    if (item.row->route != Route::kConnection) continue;
    const bool last = item.row->serve == client_pause || item.row->serve == client_unpause;
    if (last == (at_.next >= count)) return &item;
  }
  return nullptr;
}

void Transaction::captured(OutBuffer&& reply) {
  items_[at_.next % items_.size()].reply.splice(std::move(reply));
}

void Transaction::resumed() {
  session_->set_capture(nullptr);
  ++at_.next;
  serve_next();
}

// Runs the connection commands of an EXEC, then ends the transaction.
void Transaction::serve_next() {
  if (at_.state != State::kServing) {
    at_.state = State::kServing;
    at_.next = 0;
    for (const Part& part : parts_)
      at_.watch_failed = at_.watch_failed || part.watch_failed;
  }
  if (!at_.watch_failed && at_.exec) {
    for (Item* item = nullptr; (item = item_to_serve()) != nullptr; ++at_.next) {
      session_->set_capture(this);
      item->reply.set_limit(reply_room());
      Reply reply(item->reply, session_->resp);
      ServerCall call{core_, *session_, *item->row, item->args, reply};
      core_.start_clock();
      Error error = item->row->serve(call);
      if (error) {
        reply.error(error.text());
        core_.count_error(error.text());
      }
      const uint64_t cycles = core_.lap_clock();
      if (!call.counted_later) {
        core_.count_command(*item->row, cycles, static_cast<bool>(error));
        if (core_.is_slow(cycles)) {
          core_.note_slow_cycles(*session_, *item->row, item->args, cycles);
        }
      }
      if (session_->capture_blocked()) return;  // resumed() goes on.
      session_->set_capture(nullptr);
    }
  }
  finish();
}

// How much more the reply may take, all its pieces together; none once one of them was cut off.
size_t Transaction::reply_room() const {
  const ClientClass client_class =
      escalation_ ? items_[0].request.client_class : session_->client_class();
  const size_t max = core_.config().output_bytes_max(client_class);
  size_t held = 0;
  bool cut = false;
  const auto add = [&](const OutBuffer& made) {
    // The first chunk of each is more than most of them need.
    held += made.size() <= OutBuffer::kSmallChunkBytes ? made.size() : made.footprint();
    cut = cut || made.is_cut();
  };
  for (const Part& part : parts_)
    add(part.reply);
  for (const Item& item : items_)
    add(item.reply);
  return cut || held > max ? 0 : max - held;
}

void Transaction::reply_exec(Reply& reply) {
  if (at_.watch_failed) {
    reply.null_array();
    return;
  }
  reply.array(items_.size());
  for (Item& item : items_) {
    if (item.row->route == Route::kConnection || at_.level == Level::kParked) {
      reply.out().splice(std::move(item.reply));
      continue;
    }
    const Part& part = parts_[static_cast<size_t>(item.part)];
    const size_t begin = item.index == 0 ? 0 : part.ends[item.index - 1];
    reply.out().append_range(part.reply, begin, part.ends[item.index]);
  }
}

}  // namespace rondo
