#include "server/session.h"

#include "protocol/whole_command.h"
#include "server/commands/client_list.h"
#include "server/commands/monitor.h"
#include "server/core.h"
#include "server/logger.h"
#include "server/pubsub.h"

namespace rondo {

namespace {

// A command with more arguments, which may be a million, executes from the parser's own list.
constexpr size_t kCopiedArgumentsMax = 1024;
// Input kept for a session that can not continue; beyond it the socket is not read.
constexpr size_t kWaitingInputMax = 64 * 1024;

}  // namespace

Session::Session(Core& core, SessionHost& host, SessionAddress address)
    : core_(core),
      host_(host),
      address_(std::move(address)),
      id_(core.server().next_client_id.fetch_add(1, std::memory_order_relaxed)) {
  authenticated = core.config().requirepass.empty();
  created_unix_ms = last_active_ms = core.now_ms();
  core.sessions().push_back(*this);
  ++core.sessions_count;
}

Session::~Session() {
  CHECK(replies_.idle());
  --core_.sessions_count;
}

size_t Session::memory_bytes() const {
  return sizeof(Session) + input_.capacity() + output_.footprint() + replies_.footprint() +
         parser_.footprint() + multi_.footprint() + (subscriber ? subscriber->footprint() : 0);
}

bool Session::reading_paused() const {
  return (blocked_ || waiting_ || replies_.full()) && input_.size() - input_at_ > kWaitingInputMax;
}

void Session::feed(std::string_view bytes) {
  input_bytes += bytes.size();
  if (lone_) core_.run_lone();
  if (!postpone(bytes)) take(bytes);
}

void Session::take(std::string_view bytes) {
  if (closing_ || aborted_) return;
  if (big_argument_) {
    bytes = fill_payload(bytes);
    if (big_argument_) return;
  }
  if (input_.empty()) {
    process(bytes);
  } else {
    input_.append(bytes);
    process(input_.view().substr(input_at_));
  }
  check_query_limit();
}

// Executes what can be, then keeps the rest in input_.
void Session::process(std::string_view input) {
  if (processing_) return;
  processing_ = true;
  set_output_limit();
  if (!stash_.empty()) {
    run_stash();
    core_.return_borrowed();
  }
  size_t used = 0;
  bool moved = false;
  while (!stalled() && used < input.size()) {
    bool more = false;
    used += run_batch(input.substr(used), more);
    core_.return_borrowed();
    if (parser_wants_payload_) {
      take_payload(input.substr(used));
      input = input_.view();
      used = 0;
      moved = true;
      if (big_argument_) break;
      continue;
    }
    if (!more) break;
    if (used < input.size() && core_.share_over_at_lap()) [[unlikely]]
      yield();
  }
  processing_ = false;
  check_output_limit();
  const bool in_place =
      moved || (!input_.empty() && input.data() == input_.view().data() + input_at_);
  if (closing_ || aborted_) {
    input_.clear();
    input_at_ = 0;
  } else if (!in_place) {
    input_.assign(input.substr(used));
    input_at_ = 0;
  } else {
    input_at_ += used;
    if (input_at_ == input_.size()) {
      input_.clear();
      input_at_ = 0;
      input_.trim(kWaitingInputMax);
    } else if (input_at_ > input_.size() / 2) {
      input_.drop_front(input_at_);
      input_at_ = 0;
    }
  }
}

// Parses up to kBatchMax commands; `at` moves behind what is done with. What the last one that was
// tried came to.
ParseStatus Session::parse_batch(std::string_view input, size_t& at) {
  ParserLimits limits;
  limits.bulk_bytes_max = core_.config().proto_max_bulk_len;
  limits.authenticated = authenticated;
  const size_t batch_max = authenticated ? kBatchMax : 1;
  batch_.clear();
  batch_args_.clear();
  ParseStatus status = ParseStatus::kNeedMore;
  while (batch_.size() < batch_max) {
    const size_t first_arg = batch_args_.size();
    if (authenticated && parser_.between_commands()) {
      const size_t bytes = parse_whole_command(input.substr(at), batch_args_);
      if (bytes != 0) {
        status = ParseStatus::kCommand;
        add_to_batch(at, first_arg);
        at += bytes;
        continue;
      }
    }
    status = parser_.next(input.substr(at), limits);
    if (status != ParseStatus::kCommand) {
      if (status == ParseStatus::kNeedMore) at += parser_.consumed();
      break;
    }
    const Args args = parser_.args();
    const bool is_long = args.size() > kCopiedArgumentsMax;
    if (!is_long) batch_args_.insert(batch_args_.end(), args.begin(), args.end());
    ParsedCommand& command = add_to_batch(at, first_arg);
    command.is_long = is_long;
    at += parser_.consumed();
    command.owners = parser_.owners();
    // What the parser holds of it is there until the parser goes on.
    if (is_long || !command.owners.empty()) break;
  }
  return status;
}

// Parses commands, prefetches what they will touch, and executes them. Returns how many bytes are
// done with; `more`: there may be further commands behind them.
size_t Session::run_batch(std::string_view input, bool& more) {
  size_t at = 0;
  const ParseStatus status = parse_batch(input, at);
  more = status == ParseStatus::kCommand;

  core_.start_batch();
  uint8_t held[kBatchMax];  // Commands on shards that this thread holds.
  size_t held_count = 0;
  for (ParsedCommand& command : batch_) {
    command.args = command.is_long ? parser_.args()
                                   : Args(batch_args_.data() + command.first_arg, command.argc);
    // Which of them it is nobody can foresee, so there is no branch on it.
    held[held_count] = static_cast<uint8_t>(&command - batch_.data());
    held_count += resolve(command);
  }
  if (batch_.size() > 1) {
    for (size_t i = 0; i < held_count; ++i) {
      const ParsedCommand& command = batch_[held[i]];
      core_.held_shard(command.shard)->db(db).prefetch_entry(Key{{}, command.hash});
    }
  }
  core_.start_clock();
  bool calm = is_calm();
  for (size_t i = 0; i < batch_.size(); ++i) {
    if (calm && batch_[i].plain) {
      if (run_plain(batch_[i], calm)) continue;
      if (const size_t count = spread_plain(i, calm); count != 0) {
        i += count - 1;
        continue;
      }
    }
    const bool started = !stalled() && dispatch(batch_[i]);
    calm = is_calm();
    if (!started) {
      more = false;
      if (closing_ || aborted_) return input.size();
      // The blocks of big arguments are the parser's until the stash has them.
      const bool stashes = !batch_[i].owners.empty();
      if (stashes) stash(batch_[i]);
      parser_.reset();
      return stashes ? at : batch_[i].begin;
    }
  }
  if (!batch_.empty() && batch_.back().is_long) parser_.reset();  // It is done with.
  if (stalled()) {
    // The parser may be inside the next command, or have found what is wrong with it; it starts
    // again there when we continue.
    if (status == ParseStatus::kBigArgument || status == ParseStatus::kError) parser_.reset();
    return at;
  }
  if (status == ParseStatus::kBigArgument) {
    parser_wants_payload_ = true;
  } else if (status == ParseStatus::kError) {
    reply_error(std::string("ERR ").append(parser_.error_text()));
    close_after_reply();
  }
  return at;
}

// A command whose payload is no longer in the input, and that can not execute yet.
void Session::stash(ParsedCommand& command) {
  Request request;
  request.args = command.args;
  request.owners = command.owners;
  stash_.add(request);
}

void Session::run_stash() {
  Parcel stashed = std::move(stash_);
  stash_ = Parcel();
  core_.start_batch();
  stashed.for_each([&](Request& request) {
    ParsedCommand command;
    command.args = request.args;
    command.owners = request.owners;
    resolve(command);
    if (!dispatch(command)) stash(command);
  });
}

void Session::resume() {
  waiting_ = false;
  waits_for_idle_ = false;
  if (blocked_ || closing_ || aborted_ || !connected_) return;
  process(input_.view().substr(input_at_));
  check_query_limit();
  notify();
}

void Session::block() {
  if (capture_) {
    capture_blocked_ = true;
    return;
  }
  CHECK(!blocked_);
  blocked_ = true;
}

void Session::unblock() {
  if (capture_) {
    capture_blocked_ = false;
    capture_->resumed();
    return;
  }
  CHECK(blocked_);
  blocked_ = false;
  if (!connected_) {
    finish_if_idle();
    return;
  }
  wait_to_resume(false);
  core_.resume_later(*this);
}

void Session::notify() {
  if (ready_ || !connected_) return;
  ready_ = true;
  host_.session_ready(*this);
}

void Session::close_after_reply() {
  closing_ = true;
  notify();
}

void Session::abort() {
  aborted_ = true;
  notify();
}

void Session::disconnected() {
  CHECK(connected_);
  connected_ = false;
  if (lone_) core_.run_lone();
  core_.discard(std::move(output_));
  multi_.reset();
  stash_ = Parcel();
  core_.pubsub().unsubscribe_all(*this);
  // The end of the wait ends the session too.
  if (blocked_client_ && core_.blocking().give_up(*blocked_client_, GiveUp::kGone)) return;
  finish_if_idle();
}

bool Session::waits_for_keys() const {
  return blocked_client_ && blocked_client_->waiting;
}

void Session::forget_watches() {
  for (int shard : multi_.watched_shards())
    core_.send_unwatch(shard, id_);
  multi_.clear_watches();
}

void Session::check_query_limit() {
  const size_t held = input_.size() - input_at_ + parser_.footprint();
  if (held > static_cast<size_t>(core_.config().client_query_buffer_limit)) {
    exceed_query_limit();
  }
}

void Session::exceed_query_limit() {
  if (aborted_) return;
  abort();
  ++core_.stats().query_limit_disconnections;
  log_warning("Closing client that reached max query buffer length: {}",
              client_line(*this, core_.now_ms()));
}

void Session::finish_if_idle() {
  if (connected_ || !replies_.idle() || blocked_) return;
  if (monitor) end_monitor(core_, *this);
  forget_watches();
  unlink();
  core_.forget(*this);
  host_.session_finished(*this);
}

}  // namespace rondo
