// How a transaction begins: whose it is, and which shards take part.
#include "server/core.h"
#include "server/split.h"
#include "server/transaction.h"

namespace rondo {

void Transaction::start_command(Session& session, const Request& request, const Command& row) {
  Transaction& transaction = obtain(session);
  const Core& core = transaction.core_;
  transaction.storage_.add(request);
  Item& item = transaction.items_.add();
  item.row = &row;
  // The one request of the storage: its decoded arguments stay where they are.
  transaction.storage_.for_each([&](Request& stored) { item.request = stored; });
  item.request.home = core.index();
  item.request.address = {&session, transaction.at_.sequence};
  if (row.route == Route::kSplit) {
    transaction.split(item);
    transaction.begin();
    return;
  }
  transaction.at_.level = Level::kParked;
  if (needs_all_shards(row, item.request.args)) {
    transaction.add_all_shards();
  } else {
    std::vector<int> positions;
    // The dispatcher found keys on several shards, so they can be found.
    static_cast<void>(key_positions(row, item.request.args, positions));
    for (int position : positions) {
      const std::string_view key = item.request.args[static_cast<size_t>(position)];
      transaction.part_index(core.shard_of(key));
    }
  }
  transaction.begin();
}

Transaction& Transaction::start_waiting(Core& core, BlockedClient& client) {
  Transaction& transaction = core.obtain_transaction();
  ++core.stats().transactions;
  transaction.at_ = Progress();
  transaction.at_.level = Level::kParked;
  transaction.clients_.push_back(&client);
  std::vector<int> positions;
  static_cast<void>(key_positions(*client.row, client.request.args, positions));
  for (int position : positions) {
    const std::string_view key = client.request.args[static_cast<size_t>(position)];
    transaction.part_index(core.shard_of(key));
  }
  transaction.begin();
  return transaction;
}

// False: its keys are on other shards too, or there are enough already.
bool Transaction::take_along(BlockedClient& client) {
  if (clients_.size() == kClientsMax) return false;
  std::vector<int> positions;
  static_cast<void>(key_positions(*client.row, client.request.args, positions));
  for (int position : positions) {
    const int shard = core_.shard_of(client.request.args[static_cast<size_t>(position)]);
    bool held = false;
    for (const Part& part : parts_)
      held = held || part.shard == shard;
    if (!held) return false;
  }
  clients_.push_back(&client);
  return true;
}

void Transaction::start_escalated(Core& core, Escalation& escalation, const Request* request) {
  Transaction& transaction = core.obtain_transaction();
  ++core.stats().transactions;
  transaction.at_ = Progress();
  transaction.at_.level = Level::kParked;
  transaction.escalation_ = &escalation;
  if (request) {
    transaction.storage_.add(*request);
    Item& item = transaction.items_.add();
    item.row = &core.table().row(request->command);
    transaction.storage_.for_each([&](Request& stored) { item.request = stored; });
    item.request.home = escalation.from;
  }
  transaction.add_all_shards();
  transaction.begin();
}

void Transaction::add_all_shards() {
  for (int shard = 0; shard < core_.cores(); ++shard)
    static_cast<void>(part_index(shard));
}

size_t Transaction::part_index(int shard) {
  for (size_t i = 0; i < parts_.size(); ++i) {
    if (parts_[i].shard == shard) return i;
  }
  Part& part = parts_.add();
  part.transaction = this;
  part.home = core_.index();
  part.shard = shard;
  // None of escalations; of clients that wait, the first one's will do.
  part.session = session_number(clients_.empty() ? session_ : clients_[0]->session);
  if (session_) part.client_class = session_->client_class();
  return parts_.size() - 1;
}

// Shards of other cores can be held for a few short commands only.
bool Transaction::may_run_at_once() const {
  if (!session_ || at_.level == Level::kParked) return false;
  if (parts_.size() == 1 && parts_[0].shard == core_.index()) return true;
  if (items_.size() > Core::kShortCommandsMax) return false;
  for (const Item& item : items_) {
    if (item.row->route == Route::kConnection) continue;
    if (!core_.is_short(*item.row, item.request.args.size())) return false;
  }
  return true;
}

// While this thread holds all shards, nobody can come between. It is as if they were parked, which
// is how the commands run when somebody waits for keys there: in their order.
bool Transaction::run_at_once() {
  if (!may_run_at_once()) return false;
  bool awaited = false;
  for (const Part& part : parts_) {
    if (!core_.hold(part.shard)) return false;
    Core& owner = *core_.server().cores[static_cast<size_t>(part.shard)];
    awaited = awaited || !owner.shard().waiters().empty();
  }
  if (awaited) {
    at_.level = Level::kParked;
    run_parked();
  } else {
    for (Part& part : parts_)
      core_.run_part(part);
  }
  serve_next();
  return true;
}

// Each shard gets the command with its own keys (and what goes with each of them).
void Transaction::split(const Item& item) {
  const Command& row = *item.row;
  const Request& request = item.request;
  const auto first = static_cast<size_t>(row.keys.first);
  const auto step = static_cast<size_t>(row.keys.step);
  const bool writes = (row.flags & kWrite) != 0;
  const bool has_owners = !request.owners.empty();
  for (size_t at = first; at + step <= request.args.size(); at += step) {
    const size_t index = part_index(core_.shard_of(request.args[at]));
    Part& part = parts_[index];
    if (part.args.empty()) {
      part.of_split = true;
      part.mode = writes ? LockMode::kExclusive : LockMode::kShared;
      part.run_at_grant = !writes;
      part.gather = row.merge == Merge::kGather;
      part.args.assign(request.args.begin(), request.args.begin() + static_cast<long>(first));
      if (has_owners) part.owners.resize(first);
    }
    gathered_.emplace_back(index, (part.args.size() - first) / step);
    part.keys.push_back(hash_key(request.args[at]));
    for (size_t i = at; i < at + step; ++i) {
      part.args.push_back(request.args[i]);
      // Copied, since the slow log reads the whole command at the end.
      if (has_owners) part.owners.push_back(request.owners[i]);
    }
  }
  for (Part& part : parts_) {
    PartCommand& command = part.commands.emplace_back(PartCommand{&row, request});
    command.request.hash = 0;
    command.request.args = part.args;
    command.request.owners = part.owners;
  }
}

}  // namespace rondo
