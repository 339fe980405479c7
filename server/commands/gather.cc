#include "server/commands/gather.h"

#include <utility>

namespace rondo {

void Gather::finish(Core& home) {
  OutBuffer out;
  Reply reply(out, session_->resp);
  if (Error error = this->reply(home, *session_, reply)) {
    reply.error(error.text());
    home.count_error(error.text());
  }
  session_->answer(sequence_, out, 0, out.size());
  session_->unblock();
}

Error start_gather(ServerCall& call, std::unique_ptr<Gather> task) {
  if (call.core.cores() == 1) {
    task->run(call.core);
    return task->reply(call.core, call.session, call.reply);
  }
  task->session_ = &call.session;
  task->sequence_ = call.session.open_reply();
  call.session.block();
  call.core.start_task(std::move(task));
  return {};
}

}  // namespace rondo
