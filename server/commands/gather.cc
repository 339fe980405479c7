#include "server/commands/gather.h"

#include <utility>

namespace rondo {

void Gather::finish(Core& home) {
  const uint64_t begin = read_cycles();
  OutBuffer out;
  Reply reply(out, session_->resp);
  Error error = this->reply(home, *session_, reply);
  if (error) {
    reply.error(error.text());
    home.count_error(error.text());
  }
  home.count_command(*row_, read_cycles() - begin, static_cast<bool>(error));
  session_->answer(sequence_, out, 0, out.size());
  session_->unblock();
}

Error start_gather(ServerCall& call, std::unique_ptr<Gather> task) {
  if (call.core.cores() == 1) {
    task->run(call.core);
    return task->reply(call.core, call.session, call.reply);
  }
  task->session_ = &call.session;
  task->row_ = &call.row;
  call.counted_later = true;
  task->sequence_ = call.session.open_reply();
  call.session.block();
  call.core.start_task(std::move(task));
  return {};
}

}  // namespace rondo
