// The scripts of a core: those that it executes on its own shard, and what goes on in later ticks.
#include "protocol/errors.h"
#include "server/core.h"
#include "server/keyspace_events.h"
#include "server/message_kind.h"
#include "server/scripting/scripting.h"
#include "server/transaction.h"

namespace rondo {

Scripting& Core::scripting() {
  if (!scripting_) scripting_ = std::make_unique<Scripting>(*this);
  return *scripting_;
}

// Nobody holds a lock here, since a script may touch any key (see lock_keys()). So the shard can be
// parked when the script takes long: then it is the script's until that ends.
bool Core::execute_script(int from, Request& request, const Command& row, Reply& reply) {
  request.home = from;
  const Scripting::Place place{shard_, own_view_};
  if (scripting().start(request, row, place, reply) == Scripting::Outcome::kDone) return true;
  scripting_->keep_request(from);
  admission_.park();
  return false;
}

// One more slice of the script that was suspended.
void Core::resume_script() {
  if (Transaction* transaction = scripting_->transaction()) {
    transaction->resume_script();
    return;
  }
  const Request request = scripting_->request();
  OutBuffer made;
  made.set_limit(config_.output_bytes_max(request.client_class));
  Reply reply(made, request.resp);
  if (scripting_->resume(reply) == Scripting::Outcome::kSuspended) return;
  scripting_->forget_request();
  admission_.unpark();
  shard_.set_time(now_);
  keyspace_events_->park_ended();
  serve_released();
  send_late_reply(request, std::move(made));
  admit_waiting();
}

// A script takes so long that clients hear of it: those too whose requests wait for the end of its
// park. What is part of a transaction goes on waiting.
void Core::refuse_held() {
  std::vector<std::pair<int, Message>> held;
  held.swap(held_messages_);
  for (auto& [from, message] : held) {
    if (message.kind == static_cast<uint32_t>(MessageKind::kParcel)) {
      refuse_parcel(from, *static_cast<Parcel*>(message.pointer));
      continue;
    }
    if (message.kind != static_cast<uint32_t>(MessageKind::kHeldRequest)) {
      held_messages_.emplace_back(from, message);
      continue;
    }
    const std::unique_ptr<Parcel> parcel(static_cast<Parcel*>(message.pointer));
    parcel->for_each([&, home = from](Request& request) {
      request.home = home;
      OutBuffer made;
      Reply(made, request.resp).error(errors::kBusy);
      refuse_request(request);
      send_late_reply(request, std::move(made));
    });
  }
}

void Core::refuse_parcel(int from, Parcel& parcel) {
  parcel.for_each([&](Request& request) {
    Reply(parcel.replies(), request.resp).error(errors::kBusy);
    refuse_request(request);
    parcel.end_reply();
  });
  post(from, make_message(MessageKind::kParcelDone, &parcel));
}

void Core::refuse_request(const Request& request) {
  ++stats_.commands[request.command].rejected;
  count_error(errors::kBusy);
}

}  // namespace rondo
