#include "server/commands/gather.h"

#include <utility>

namespace rondo {

void Gather::finish(Core& home) {
  const uint64_t begin = read_cycles();
  OutBuffer out;
  out.set_limit(home.config().output_bytes_max(session_->client_class()));
  Reply reply(out, session_->resp);
  Error error = this->reply(home, *session_, reply);
  if (error) {
    reply.error(error.text());
    home.count_error(error.text());
  }
  const uint64_t cycles = read_cycles() - begin;
  home.count_command(*row_, cycles, static_cast<bool>(error));
  if (home.is_slow(cycles)) {
    const std::vector<std::string_view> args(args_.begin(), args_.end());
    home.note_slow_cycles(*session_, *row_, args, cycles);
  }
  session_->answer(sequence_, std::move(out));
  session_->unblock();
}

Error start_gather(ServerCall& call, std::unique_ptr<Gather> task) {
  if (call.core.cores() == 1) {
    task->run(call.core);
    return task->reply(call.core, call.session, call.reply);
  }
  task->session_ = &call.session;
  task->row_ = &call.row;
  task->args_.assign(call.args.begin(), call.args.end());
  call.counted_later = true;
  task->sequence_ = call.session.open_reply();
  call.session.block();
  call.core.start_task(std::move(task));
  return {};
}

}  // namespace rondo
