#include "server/transaction.h"

#include <algorithm>
#include <string>

#include "protocol/number.h"
#include "server/core.h"

namespace rondo {

namespace {

// The value of a reply ":n\r\n" of a part that was asked for a count.
int64_t part_integer(const OutBuffer& reply) {
  const std::string text = reply.to_string();
  CHECK(text.size() > 3);
  const auto value = parse_integer(std::string_view(text).substr(1, text.size() - 3));
  CHECK(value.has_value());
  return *value;
}

size_t array_header_bytes(size_t elements) {
  return 3 + std::to_string(elements).size();
}

}  // namespace

Transaction::Transaction(Session& session)
    : core_(session.core()), session_(session), sequence_(session.open_reply()) {
  ++core_.stats().transactions;
  session_.block();
}

Transaction::~Transaction() {
  CHECK(outstanding_ == 0);
  for (const Part& part : parts_)
    CHECK(!part.held);
}

void Transaction::start_command(Session& session, const Request& request, const Command& row) {
  auto* transaction = new Transaction(session);
  transaction->storage_.add(request);
  transaction->items_.resize(1);
  Item& item = transaction->items_[0];
  item.row = &row;
  // The one request of the storage: its decoded arguments stay where they are.
  transaction->storage_.for_each([&](Request& stored) { item.request = stored; });
  item.request.home = transaction->core_.index();
  if (row.route == Route::kSplit) {
    transaction->split(item);
    transaction->begin();
    return;
  }
  transaction->level_ = Level::kParked;
  std::vector<int> shards;
  std::vector<int> positions;
  if (row.route != Route::kAllShards) {
    // The dispatcher found keys on several shards, so they can be found.
    static_cast<void>(key_positions(row, item.request.args, positions));
    for (int position : positions) {
      const std::string_view key = item.request.args[static_cast<size_t>(position)];
      shards.push_back(transaction->core_.shard_of(key));
    }
  } else {
    for (int shard = 0; shard < transaction->core_.cores(); ++shard)
      shards.push_back(shard);
  }
  for (int shard : shards)
    static_cast<void>(transaction->part_index(shard));
  transaction->begin();
}

size_t Transaction::part_index(int shard) {
  for (size_t i = 0; i < parts_.size(); ++i) {
    if (parts_[i].shard == shard) return i;
  }
  Part& part = parts_.emplace_back();
  part.place = parts_.size() - 1;
  part.transaction = this;
  part.home = core_.index();
  part.shard = shard;
  part.session = session_number(session_);
  part.resp = session_.resp;
  return parts_.size() - 1;
}

// Each shard gets the command with its own keys (and what goes with each of them).
void Transaction::split(const Item& item) {
  const Command& row = *item.row;
  const Args args = item.request.args;
  const auto first = static_cast<size_t>(row.keys.first);
  const auto step = static_cast<size_t>(row.keys.step);
  const bool writes = (row.flags & kWrite) != 0;
  for (size_t at = first; at + step <= args.size(); at += step) {
    const size_t index = part_index(core_.shard_of(args[at]));
    Part& part = parts_[index];
    if (part.commands.empty()) {
      part.mode = writes ? LockMode::kExclusive : LockMode::kShared;
      part.run_at_grant = !writes;
      part.gather = row.merge == Merge::kGather;
      PartCommand& command = part.commands.emplace_back();
      command.row = &row;
      command.request = item.request;
      command.request.hash = 0;
      part_args_.emplace_back(args.begin(), args.begin() + static_cast<long>(first));
      part_owners_.emplace_back(item.request.owners.empty() ? 0 : first);
      part.storage = part_args_.size() - 1;
    }
    std::vector<std::string_view>& own = part_args_[part.storage];
    gathered_.emplace_back(index, (own.size() - first) / step);
    for (size_t i = at; i < at + step; ++i) {
      own.push_back(args[i]);
      if (item.request.owners.empty()) continue;
      part_owners_[part.storage].push_back(std::move(item.request.owners[i]));
    }
  }
  for (Part& part : parts_) {
    part.commands[0].request.args = part_args_[part.storage];
    part.commands[0].request.owners = part_owners_[part.storage];
    part.mode = core_.lock_keys(row, part.commands[0].request.args, item.request.db, part.keys);
  }
}

// --- From the first lock to the last -----------------------------------------------------------

void Transaction::begin() {
  if (parts_.empty()) {
    serve_next();
    return;
  }
  if (level_ == Level::kSingle) {
    state_ = State::kOrdered;
    send(parts_[0], PartOperation::kRunWait);
    return;
  }
  const bool ours = std::any_of(parts_.begin(), parts_.end(),
                                [this](const Part& part) { return part.shard == core_.index(); });
  two_step_ = level_ == Level::kLocked && parts_.size() == 2 && ours;
  state_ = State::kTrying;
  if (two_step_) {
    // The other part waits until ours has its locks: on_result() sends it.
    send(own_part(), PartOperation::kLock);
    return;
  }
  const auto operation = level_ == Level::kParked ? PartOperation::kPark : PartOperation::kLock;
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
  ++outstanding_;
  core_.send_part(part, operation);
}

void Transaction::on_result(Part& part, PartResult result) {
  CHECK(outstanding_ > 0);
  --outstanding_;
  refused_ = refused_ || result == PartResult::kRefused;
  switch (state_) {
    case State::kTrying:
      if (two_step_ && !refused_ && part.shard == core_.index()) {
        Part& other = &part == &parts_[0] ? parts_[1] : parts_[0];
        send(other, PartOperation::kRun);
        return;
      }
      if (outstanding_ > 0) return;
      if (refused_) {
        back_off();
      } else {
        all_granted();
      }
      return;
    case State::kBacking:
      if (outstanding_ == 0) start_ordered();
      return;
    case State::kOrdered:
      if (++next_ < parts_.size()) {
        ask_next();
      } else {
        all_granted();
      }
      return;
    case State::kCommitting:
      if (outstanding_ == 0) serve_next();
      return;
    case State::kServing:
      CHECK(false && "no part is under way while connection commands run");
  }
}

// Somebody refused: everything goes back before the second attempt.
void Transaction::back_off() {
  ++core_.stats().transaction_retries;
  state_ = State::kBacking;
  end_held(level_ == Level::kParked ? PartOperation::kUnpark : PartOperation::kRelease);
  if (outstanding_ == 0) start_ordered();
}

void Transaction::end_held(PartOperation operation) {
  for (Part& part : parts_) {
    if (part.held) send(part, operation);
  }
}

void Transaction::start_ordered() {
  state_ = State::kOrdered;
  two_step_ = false;
  order_.resize(parts_.size());
  for (size_t i = 0; i < parts_.size(); ++i) {
    order_[i] = i;
    // What a read found in the first attempt is void.
    parts_[i].reply.clear();
    parts_[i].ends.clear();
  }
  std::sort(order_.begin(), order_.end(),
            [this](size_t a, size_t b) { return parts_[a].shard < parts_[b].shard; });
  next_ = 0;
  ask_next();
}

void Transaction::ask_next() {
  const auto operation =
      level_ == Level::kParked ? PartOperation::kParkWait : PartOperation::kLockWait;
  send(parts_[order_[next_]], operation);
}

// The instant: every lock or park is held now.
void Transaction::all_granted() {
  state_ = State::kCommitting;
  if (level_ == Level::kParked) {
    run_parked();
    end_held(PartOperation::kUnpark);
    return;
  }
  if (level_ == Level::kSingle) {
    serve_next();
    return;
  }
  // Writes that can not fail any more are answered before the commits land: whoever reads these
  // keys later waits behind their locks.
  const bool reads = parts_[0].run_at_grant;
  if (!exec_ && (reads || items_[0].row->merge == Merge::kOk)) answer();
  end_held(reads ? PartOperation::kRelease : PartOperation::kCommit);
}

void Transaction::answer() {
  if (answered_) return;
  answered_ = true;
  OutBuffer made;
  Reply reply(made, session_.resp);
  if (exec_) {
    reply_exec(reply);
  } else if (level_ == Level::kParked) {
    made = std::move(items_[0].reply);
  } else {
    reply_split(reply);
  }
  session_.answer(sequence_, made, 0, made.size());
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

// The last acknowledgement has come, and the last connection command has answered.
void Transaction::finish() {
  answer();
  Session& session = session_;
  delete this;
  session.unblock();
}

}  // namespace rondo
