#include "server/transaction.h"

#include <algorithm>

#include "server/core.h"
#include "server/split.h"

namespace rondo {

void Part::clear() {
  keys.clear();
  commands.clear();
  args.clear();
  owners.clear();
  reply.clear();
  ends.clear();
  of_split = run_at_grant = gather = watch_failed = failed = false;
  serves_all = needs_park = false;
  cycles = 0;
  watch_token = 0;
}

void Transaction::Item::clear() {
  part = -1;
  index = 0;
  reply.clear();
  args.clear();
  owners.clear();
}

Transaction::~Transaction() {
  CHECK(session_ == nullptr);
}

Transaction& Transaction::obtain(Session& session) {
  Core& core = session.core();
  Transaction& transaction = core.obtain_transaction();
  ++core.stats().transactions;
  transaction.session_ = &session;
  transaction.at_ = Progress();
  transaction.at_.sequence = session.open_reply();
  session.block();
  return transaction;
}

void Transaction::give_back() {
  CHECK(at_.outstanding == 0);
  for (const Part& part : parts_)
    CHECK(!part.held);
  items_.clear();
  parts_.clear();
  gathered_.clear();
  watched_shards_.clear();
  storage_.reset();
  session_ = nullptr;
  core_.return_transaction(*this);
}

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
    for (int shard = 0; shard < core.cores(); ++shard)
      transaction.part_index(shard);
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

void Transaction::start_waiting(Core& core, BlockedClient& client) {
  Transaction& transaction = core.obtain_transaction();
  ++core.stats().transactions;
  transaction.at_ = Progress();
  transaction.at_.level = Level::kParked;
  transaction.client_ = &client;
  std::vector<int> positions;
  static_cast<void>(key_positions(*client.row, client.request.args, positions));
  for (int position : positions) {
    const std::string_view key = client.request.args[static_cast<size_t>(position)];
    transaction.part_index(core.shard_of(key));
  }
  transaction.begin();
}

size_t Transaction::part_index(int shard) {
  for (size_t i = 0; i < parts_.size(); ++i) {
    if (parts_[i].shard == shard) return i;
  }
  Part& part = parts_.add();
  part.transaction = this;
  part.home = core_.index();
  part.shard = shard;
  part.session = session_number(client_ ? client_->session : session_);
  if (session_) part.client_class = session_->client_class();
  return parts_.size() - 1;
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

// --- From the first lock to the last -----------------------------------------------------------

void Transaction::begin() {
  if (parts_.empty()) {
    serve_next();
    return;
  }
  if (at_.level == Level::kSingle) {
    at_.state = State::kOrdered;
    send(parts_[0], PartOperation::kRunWait);
    return;
  }
  bool ours = false;
  for (const Part& part : parts_)
    ours = ours || part.shard == core_.index();
  at_.two_step = at_.level == Level::kLocked && parts_.size() == 2 && ours;
  at_.state = State::kTrying;
  if (at_.two_step) {
    // The other part waits until ours has its locks: on_result() sends it.
    send(own_part(), PartOperation::kLock);
    return;
  }
  const auto operation = at_.level == Level::kParked ? PartOperation::kPark : PartOperation::kLock;
  for (Part& part : parts_)
    send(part, operation);
}

Part& Transaction::own_part() {
  for (Part& part : parts_) {
    if (part.shard == core_.index()) return part;
  }
  CHECK(false && "no part on the coordinator's shard");
  return parts_[0];
}

void Transaction::send(Part& part, PartOperation operation) {
  ++at_.outstanding;
  core_.send_part(part, operation);
}

void Transaction::on_result(Part& part, PartResult result) {
  CHECK(at_.outstanding > 0);
  --at_.outstanding;
  at_.refused = at_.refused || result == PartResult::kRefused;
  switch (at_.state) {
    case State::kTrying:
      if (at_.two_step && !at_.refused && part.shard == core_.index()) {
        Part& other = &part == &parts_[0] ? parts_[1] : parts_[0];
        send(other, PartOperation::kRun);
        return;
      }
      if (at_.outstanding > 0) return;
      if (at_.refused) {
        back_off();
      } else {
        all_granted();
      }
      return;
    case State::kBacking:
      if (at_.outstanding == 0) start_ordered();
      return;
    case State::kOrdered:
      if (result == PartResult::kRefused) {
        back_off();
      } else if (++at_.next < parts_.size()) {
        ask_next();
      } else {
        all_granted();
      }
      return;
    case State::kCommitting:
      if (at_.outstanding == 0) serve_next();
      return;
    case State::kServing:
      CHECK(false && "no part is under way while connection commands run");
  }
}

// Somebody refused: everything goes back before the second attempt.
void Transaction::back_off() {
  ++core_.stats().transaction_retries;
  at_.state = State::kBacking;
  end_held(at_.level == Level::kParked ? PartOperation::kUnpark : PartOperation::kRelease);
  if (at_.outstanding == 0) start_ordered();
}

void Transaction::end_held(PartOperation operation) {
  for (Part& part : parts_) {
    if (part.held) send(part, operation);
  }
}

void Transaction::start_ordered() {
  at_.state = State::kOrdered;
  at_.two_step = false;
  for (const Part& part : parts_) {
    if (part.needs_park) at_.level = Level::kParked;
  }
  order_.resize(parts_.size());
  for (size_t i = 0; i < parts_.size(); ++i) {
    order_[i] = i;
    // What a read found in the first attempt is void.
    parts_[i].reply.clear();
    parts_[i].ends.clear();
  }
  std::sort(order_.begin(), order_.end(),
            [this](size_t a, size_t b) { return parts_[a].shard < parts_[b].shard; });
  at_.next = 0;
  ask_next();
}

void Transaction::ask_next() {
  const auto operation =
      at_.level == Level::kParked ? PartOperation::kParkWait : PartOperation::kLockWait;
  send(parts_[order_[at_.next]], operation);
}

// The instant: every lock or park is held now.
void Transaction::all_granted() {
  at_.state = State::kCommitting;
  if (at_.level == Level::kParked) {
    run_parked();
    end_held(PartOperation::kUnpark);
    return;
  }
  if (at_.level == Level::kSingle) {
    serve_next();
    return;
  }
  // Writes that can not fail any more are answered before the commits land: whoever reads these
  // keys later waits behind their locks.
  const bool reads = parts_[0].run_at_grant;
  if (!at_.exec && (reads || items_[0].row->merge == Merge::kOk)) answer();
  end_held(reads ? PartOperation::kRelease : PartOperation::kCommit);
}

void Transaction::answer() {
  if (at_.answered) return;
  at_.answered = true;
  if (reply_room() == 0) {
    session_->answer_cut(at_.sequence);
    return;
  }
  CHECK(made_.empty());
  Reply reply(made_, session_->resp);
  if (at_.exec) {
    reply_exec(reply);
  } else if (at_.level == Level::kParked) {
    made_.splice(std::move(items_[0].reply));
  } else {
    reply_split(reply);
  }
  session_->answer(at_.sequence, std::move(made_));
  made_.clear();
}

void Transaction::reply_split(Reply& reply) {
  switch (items_[0].row->merge) {
    case Merge::kOk:
      reply.ok();
      return;
    case Merge::kSum: {
      int64_t sum = 0;
      for (const Part& part : parts_)
        sum += part_integer(part.reply);
      reply.integer(sum);
      return;
    }
    case Merge::kGather:
      reply.array(gathered_.size());
      for (const auto& [index, element] : gathered_) {
        const Part& part = parts_[index];
        // Before the first element stands the header of the part's own array.
        const size_t begin =
            element == 0 ? array_header_bytes(part.ends.size()) : part.ends[element - 1];
        reply.out().append_range(part.reply, begin, part.ends[element]);
      }
      return;
    case Merge::kNone:
      CHECK(false && "a split command says how its parts are merged");
  }
}

// The parts ran side by side: together they count as one command.
void Transaction::count_split() {
  uint64_t cycles = 0;
  bool failed = false;
  for (const Part& part : parts_) {
    cycles += part.cycles;
    failed = failed || part.failed;
  }
  core_.count_executed(items_[0].request, *items_[0].row, cycles, failed);
}

// The last acknowledgement has come, and the last connection command has answered.
void Transaction::finish() {
  if (BlockedClient* client = std::exchange(client_, nullptr)) {
    Core& core = core_;
    give_back();
    core.blocking().end_parked(*client);
    return;
  }
  answer();
  if (!at_.exec && at_.level == Level::kLocked) count_split();
  Session& session = *session_;
  if (at_.exec) {
    session.forget_watches();
    session.release_pushes();
  }
  give_back();
  session.unblock();
}

}  // namespace rondo
