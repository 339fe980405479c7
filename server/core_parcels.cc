// What a core executes for other cores, parcel by parcel, and what comes back from them.
#include "server/core.h"
#include "server/message_kind.h"

namespace rondo {

namespace {

constexpr size_t kPooledParcels = 64;

}  // namespace

void Core::execute_parcel(int from, Parcel& parcel) {
  parcel.for_each_header([this](const RequestHeader& header) {
    if (header.hash != 0) shard_.db(header.db).prefetch(Key{{}, header.hash});
  });
  parcel.for_each_header([this](const RequestHeader& header) {
    if (header.hash != 0) shard_.db(header.db).prefetch_entry(Key{{}, header.hash});
  });
  start_clock();
  OutBuffer& replies = parcel.replies();
  const Session* session = nullptr;
  parcel.for_each([&](Request& request) {
    request.home = from;
    if (request.address.session != session) {
      // All that one client gets here counts against its limit.
      session = request.address.session;
      const size_t max = config_.output_bytes_max(request.client_class);
      replies.set_limit(max == SIZE_MAX ? max : replies.footprint() + max);
    }
    const Command& row = table_.row(request.command);
    if (!quiet()) [[unlikely]] {
      if (const Turn turn = turn_of(request, row); turn != Turn::kNow) {
        postpone(from, request, turn);
        parcel.end_reply_later();
        return;
      }
    }
    const size_t begin = replies.size();
    Reply reply(replies, request.resp);
    if (row.route == Route::kScript) [[unlikely]] {
      if (!execute_script(from, request, row, reply)) {
        parcel.end_reply_later();
        return;
      }
    } else {
      execute(request, row, reply);
    }
    if (replies.is_cut()) [[unlikely]] {
      replies.truncate(begin);
      parcel.end_reply_cut();
    } else {
      parcel.end_reply();
    }
    serve_ready();
  });
  post(from, make_message(MessageKind::kParcelDone, &parcel));
}

void Core::deliver_parcel(int from, Parcel* returned) {
  std::unique_ptr<Parcel> parcel(returned);
  --lanes_[static_cast<size_t>(from)].parcels;
  OutBuffer& replies = parcel->replies();
  const std::vector<size_t>& ends = parcel->reply_ends();
  CHECK(ends.size() == parcel->count());
  size_t begin = 0;
  size_t i = 0;
  // Of a session whose requests stand in a row, what follows from its answers is seen to once.
  Session* answered = nullptr;
  const auto end_row = [&] {
    if (Session* session = std::exchange(answered, nullptr)) session->answered_in_row(replies);
  };
  parcel->for_each_header([&](const RequestHeader& header) {
    const size_t end = ends[i++];
    if (end == Parcel::kLater) return;
    Session* const session = header.address.session;
    if (session != answered) end_row();
    if (end == Parcel::kCut || ends.size() == 1) [[unlikely]] {
      end_row();
      if (end == Parcel::kCut) {
        session->answer_cut(header.address.sequence);
      } else {
        session->answer(header.address.sequence, std::move(replies));
      }
      return;
    }
    answered = session;
    session->answer_in_row(header.address.sequence, begin, end);
    begin = end;
  });
  end_row();
  parcel->reset();
  if (parcel_pool_.size() < kPooledParcels) parcel_pool_.push_back(std::move(parcel));
}

// --- Requests that may not execute at once -----------------------------------------------------

// A request that waits in Admission, with its arguments copied.
class DeferredRequest final : public Waiter {
 public:
  DeferredRequest(Core& core, int from, const Request& request) : core_(core), from_(from) {
    copy_.add(request);
  }

  void admitted() override {
    copy_.for_each([this](Request& request) {
      request.home = from_;
      core_.execute_and_send(from_, request);
    });
  }

 private:
  Core& core_;
  int from_;
  Parcel copy_;
};

// Leaves the keys in scratch_keys_, for postpone(). A client that waits for a written key may touch
// others when it is served, which is part of the write.
Core::Turn Core::turn_of(const Request& request, const Command& row) {
  if (escalations_.has(request.address.session)) return Turn::kFollowing;
  // Who waits for keys is the coordinator's to look at, and may be another one when it is done.
  if (admission_.parked()) return Turn::kHeld;
  if (admission_.quiet() && lock_mode(row) == LockMode::kShared) return Turn::kNow;
  scratch_keys_.clear();
  const LockMode mode = lock_keys(row, request.args, scratch_keys_);
  if (mode == LockMode::kExclusive) {
    blocking_.add_reach(scratch_keys_);
    if (shard_.waiters().any_outward(scratch_keys_)) return Turn::kEscalated;
    // Any key may be written.
    const bool is_script = row.route == Route::kScript;
    if (is_script && shard_.waiters().outward() != 0) return Turn::kEscalated;
  }
  const bool admitted =
      admission_.admits(scratch_keys_, mode, session_number(request.address.session));
  return admitted ? Turn::kNow : Turn::kDeferred;
}

void Core::postpone(int from, const Request& request, Turn turn) {
  switch (turn) {
    case Turn::kNow:
      CHECK(false && "what may execute now is not postponed");
      return;
    case Turn::kDeferred: {
      ++stats_.deferred;
      const LockMode mode = lock_mode(table_.row(request.command));
      admission_.wait(Admission::Kind::kRequest, scratch_keys_, mode,
                      session_number(request.address.session),
                      std::make_unique<DeferredRequest>(*this, from, request));
      return;
    }
    case Turn::kEscalated:
      escalations_.start(from, request);
      return;
    case Turn::kFollowing:
      escalations_.follow(request);
      return;
    case Turn::kHeld: {
      ++stats_.deferred;
      auto held = std::make_unique<Parcel>();
      held->add(request);
      held_messages_.emplace_back(from, make_message(MessageKind::kHeldRequest, held.release()));
      return;
    }
  }
}

void Core::execute_late(int from, Request& request) {
  request.home = from;
  const Command& row = table_.row(request.command);
  if (!quiet()) {
    if (const Turn turn = turn_of(request, row); turn != Turn::kNow) {
      postpone(from, request, turn);
      return;
    }
  }
  execute_and_send(from, request);
}

void Core::execute_held(int from, std::unique_ptr<Parcel> held) {
  held->for_each([&](Request& request) { execute_late(from, request); });
}

void Core::execute_and_send(int from, Request& request) {
  OutBuffer made;
  made.set_limit(config_.output_bytes_max(request.client_class));
  Reply reply(made, request.resp);
  start_clock();
  const Command& row = table_.row(request.command);
  if (row.route == Route::kScript) {
    if (!execute_script(from, request, row, reply)) return;
  } else {
    execute(request, row, reply);
  }
  serve_ready();
  send_late_reply(request, std::move(made));
}

void Core::send_late_reply(const Request& request, OutBuffer reply) {
  auto late = std::make_unique<LateReply>(LateReply{request.address, std::move(reply)});
  post(request.home, make_message(MessageKind::kLateReply, late.release()));
}

}  // namespace rondo
