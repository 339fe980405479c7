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
    if (!admission_.quiet() && !admits(request, row)) {
      defer(from, request);
      parcel.end_reply_later();
      return;
    }
    const size_t begin = replies.size();
    Reply reply(replies, request.resp);
    execute(request, row, reply);
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
  parcel->for_each_header([&](const RequestHeader& header) {
    const size_t end = ends[i++];
    if (end == Parcel::kLater) return;
    if (end == Parcel::kCut) {
      header.address.session->answer_cut(header.address.sequence);
      return;
    }
    if (ends.size() == 1) {
      header.address.session->answer(header.address.sequence, std::move(replies));
      return;
    }
    header.address.session->answer(header.address.sequence, replies, begin, end);
    begin = end;
  });
  parcel->reset();
  if (parcel_pool_.size() < kPooledParcels) parcel_pool_.push_back(std::move(parcel));
}

// A request that waits in Admission, with its arguments copied.
class DeferredRequest final : public Waiter {
 public:
  DeferredRequest(Core& core, int from, const Request& request) : core_(core), from_(from) {
    copy_.add(request);
  }

  void admitted() override {
    copy_.for_each([this](Request& request) {
      auto late = std::make_unique<LateReply>();
      late->address = request.address;
      request.home = from_;
      late->reply.set_limit(core_.config_.output_bytes_max(request.client_class));
      Reply reply(late->reply, request.resp);
      core_.start_clock();
      core_.execute(request, core_.table_.row(request.command), reply);
      core_.post(from_, make_message(MessageKind::kLateReply, late.release()));
      core_.serve_ready();
    });
  }

 private:
  Core& core_;
  int from_;
  Parcel copy_;
};

void Core::defer(int from, const Request& request) {
  ++stats_.deferred;
  const Command& row = CommandTable::instance().row(request.command);
  std::vector<uint64_t> keys;
  const LockMode mode = lock_keys(row, request.args, keys);
  admission_.wait(Admission::Kind::kRequest, std::move(keys), mode,
                  session_number(request.address.session),
                  std::make_unique<DeferredRequest>(*this, from, request));
}

bool Core::admits(const Request& request, const Command& row) {
  scratch_keys_.clear();
  const LockMode mode = lock_keys(row, request.args, scratch_keys_);
  return admission_.admits(scratch_keys_, mode, session_number(request.address.session));
}

}  // namespace rondo
