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

// --- From the first lock to the last -----------------------------------------------------------

void Transaction::begin() {
  if (parts_.empty()) {
    serve_next();
    return;
  }
  if (run_at_once()) return;
  if (at_.level == Level::kSingle) {
    at_.state = State::kOrdered;
    send(parts_[0], PartOperation::kRunWait);
    return;
  }
  bool ours = false;
  bool lower = false;  // Others take part whose shards are lower than ours.
  for (const Part& part : parts_) {
    ours = ours || part.shard == core_.index();
    lower = lower || part.shard < core_.index();
  }
  at_.two_step = at_.level == Level::kLocked && parts_.size() == 2 && ours;
  at_.state = State::kTrying;
  if (at_.two_step) {
    // The other part waits until ours has its locks: on_result() sends it.
    send(own_part(), PartOperation::kLock);
    return;
  }
  if (at_.level != Level::kParked) {
    for (Part& part : parts_)
      send(part, PartOperation::kLock);
    return;
  }
  at_.own_last = ours && lower;
  for (Part& part : parts_) {
    if (!at_.own_last || part.shard != core_.index()) send(part, PartOperation::kPark);
  }
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
      } else if (std::exchange(at_.own_last, false)) {
        send(own_part(), PartOperation::kPark);
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
    if (needs_all_shards_parked()) {
      add_all_shards();
      back_off();
      return;
    }
    run_parked();
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

// Somebody may be served who moves what it gets to a shard that is not held yet.
bool Transaction::needs_all_shards_parked() const {
  if (parts_.size() == static_cast<size_t>(core_.cores())) return false;
  for (const Part& part : parts_) {
    Core& owner = *core_.server().cores[static_cast<size_t>(part.shard)];
    if (owner.shard().waiters().outward() != 0) return true;
  }
  return false;
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
  if (!clients_.empty()) {
    for (BlockedClient* client : clients_)
      core_.blocking().end_parked(*client);
    clients_.clear();
    give_back();
    return;
  }
  if (Escalation* escalation = std::exchange(escalation_, nullptr)) {
    Core& core = core_;
    if (items_.size() != 0) {
      core.send_late_reply(items_[0].request, std::move(items_[0].reply));
    }
    give_back();
    core.escalations().ended(*escalation);
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
