// Session: one client's protocol state: input to commands, commands to where they execute, replies
// in order to the output. It owns no socket: a SessionHost (a connection, or a test) brings bytes
// and takes them away. Lives on one core and is touched only by its thread; while requests of it
// are in flight on other cores the object stays, even when the socket is gone.
//
//   feed() -> parser -> batch of ParsedCommand -> dispatch -> here | another core | a transaction
//                                                      output() <- ReplyQueue <-'
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/out_buffer.h"
#include "protocol/reply.h"
#include "protocol/request_parser.h"
#include "reactor/base/intrusive_list.h"
#include "server/config.h"
#include "server/input_buffer.h"
#include "server/multi.h"
#include "server/parcel.h"
#include "server/reply_queue.h"
#include "server/topics.h"

namespace rondo {

struct BlockedClient;
class Core;
class Session;
class Transaction;
struct Command;

// What a session needs of whoever holds its socket.
class SessionHost {
 public:
  // There is output, or a wish to close, or reading was resumed: look at the session at the end of
  // the tick. Called at most once until Session::begin_flush().
  virtual void session_ready(Session& session) = 0;
  // The session is gone for good and will not be touched again.
  virtual void session_finished(Session& session) = 0;

 protected:
  ~SessionHost() = default;
};

// Takes the replies of commands that an EXEC runs on the connection, instead of the client.
class ReplyCapture {
 public:
  virtual void captured(OutBuffer&& reply) = 0;
  // The command that had blocked the session is done.
  virtual void resumed() = 0;

 protected:
  ~ReplyCapture() = default;
};

struct SessionAddress {
  std::string peer;  // "127.0.0.1:40000", or the path of a unix socket with ":0".
  std::string local;
  int descriptor = -1;
  bool unix_socket = false;
  bool loopback = false;
};

// One command of a batch: views into the receive buffer.
struct ParsedCommand {
  ParsedCommand() {}
  // Not an aggregate: the compiler would first fill one with zeroes, for the price of its parsing.
  ParsedCommand(size_t begin, size_t first_arg, size_t argc)
      : begin(begin), first_arg(first_arg), argc(argc) {}

  Args args;
  std::span<SharedBytes> owners;
  const Command* row = nullptr;  // Null: no such command.
  uint64_t hash = 0;             // Of the first key; 0: none.
  int shard = kNoShard;          // Of all its keys.
  bool plain = false;            // See server/plain.cc.
  size_t begin = 0;              // Offset of its first byte in the input of this batch.
  size_t first_arg = 0;          // Place and number of its arguments in the batch's list,
  size_t argc = 0;
  bool is_long = false;  // or in the parser's.

  static constexpr int kNoShard = -1;  // It has no keys.
  static constexpr int kSeveralShards = -2;
};

enum class ReplyMode : uint8_t { kOn, kOff, kSkipNext, kSkipThis };

class Session : public ListHook {
 public:
  Session(Core& core, SessionHost& host, SessionAddress address);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // --- For the host ----------------------------------------------------------------------------
  // Bytes from the client; valid during the call only.
  void feed(std::string_view bytes);
  // Where the payload of a big argument may be received straight into; empty: use feed().
  std::span<char> direct_target();
  void direct_filled(size_t bytes);
  // Bytes for the client. The host consumes what it sent.
  OutBuffer& output() { return output_; }
  void begin_flush() { ready_ = false; }
  // True: stop reading the socket until session_ready() was called again and this is false.
  bool reading_paused() const;
  // True: send the output, then close.
  bool closing() const { return closing_; }
  // True: close now, without sending what is left.
  bool aborted() const { return aborted_; }
  // True: nothing that was received waits or is in flight.
  bool idle() const {
    return replies_.idle() && !blocked_ && !waiting_ && !lone_ && stash_.empty();
  }
  // The socket is gone. The session ends when nothing of it is in flight any more.
  void disconnected();

  // --- For the core ----------------------------------------------------------------------------
  // A reply. One that was cut off, which became too large for this client, ends it.
  void answer(uint64_t sequence, OutBuffer&& reply);
  void answer_cut(uint64_t sequence);
  // Bytes [from, to) of a buffer with several. After one or more of these comes answered_in_row()
  // with that buffer, which may end the session.
  void answer_in_row(uint64_t sequence, size_t from, size_t to) {
    replies_.offer(sequence, from, to);
  }
  void answered_in_row(const OutBuffer& replies) {
    replies_.settle(replies, output_);
    answered();
  }
  // Continues with input that waited: for a transaction, a pause, a full mailbox.
  void resume();
  // Ends the client: after the output was sent, or at once.
  void close_after_reply();
  void abort();
  // Writes an out-of-band message (push) behind what is in the output: bytes, or what
  // `write(Reply&)` writes.
  void push(const OutBuffer& message) {
    push_reply([&](Reply& reply) { reply.out().append_range(message, 0, message.size()); });
  }
  template <class Write>
  void push_reply(Write&& write) {
    if (!connected_ || closing_ || aborted_) return;
    // What an EXEC tells its own client stands behind all its replies.
    if (capture_ && !kept_pushes_) kept_pushes_ = std::make_unique<OutBuffer>();
    Reply reply(capture_ ? *kept_pushes_ : output_, resp);
    write(reply);
    if (capture_) return;
    notify();
    check_output_limit();
  }

  // A transaction, a blocking command or a gathering command runs; input waits until unblock(),
  // which may end the session's life when its client is gone.
  void block();
  void unblock();
  bool blocked() const { return blocked_; }
  // The command that may wait for its keys, while there is one; and whether it does wait.
  BlockedClient* blocked_client() const { return blocked_client_; }
  void set_blocked_client(BlockedClient* client) { blocked_client_ = client; }
  bool waits_for_keys() const;
  bool connected() const { return connected_; }
  // Ends all watches, here and on the shards.
  void forget_watches();
  bool capture_blocked() const { return capture_blocked_; }
  // While set, block(), unblock(), open_reply() and its answer() speak to `capture`.
  void set_capture(ReplyCapture* capture) { capture_ = capture; }
  // The EXEC is answered: sends what was pushed meanwhile.
  void release_pushes();
  // A connection command of an EXEC runs.
  bool in_exec() const { return capture_ != nullptr; }

  Core& core() { return core_; }
  uint64_t id() const { return id_; }
  const SessionAddress& address() const { return address_; }
  const ReplyQueue& replies() const { return replies_; }
  Multi& multi() { return multi_; }
  const Multi& multi() const { return multi_; }
  // Opens a place in line for a reply that comes later; answer() fills it. Counts as in flight.
  uint64_t open_reply();
  // The same for a PUBLISH that waits for its count: another one may follow before it is answered.
  uint64_t open_publish_reply();

  // --- Client state, read and written by connection commands -----------------------------------
  int db = 0;
  Resp resp = Resp::k2;
  bool authenticated = false;
  std::string user = "default";
  std::string name;
  std::string library_name;
  std::string library_version;
  bool no_evict = false;
  bool no_touch = false;
  bool monitor = false;
  std::unique_ptr<Subscriber> subscriber;  // Null before the first subscription.
  ReplyMode reply_mode = ReplyMode::kOn;
  int64_t created_unix_ms = 0;
  int64_t last_active_ms = 0;  // Unix milliseconds of the last command.
  const Command* last_row = nullptr;
  bool pausing = false;  // It waits for the answer to CLIENT PAUSE.
  uint64_t input_bytes = 0;
  uint64_t output_bytes = 0;  // Written by the host.
  uint64_t commands = 0;

  // For CLIENT LIST and limits, in bytes.
  size_t query_buffer_bytes() const { return input_.size(); }
  size_t query_buffer_free() const { return input_.capacity() - input_.size(); }
  size_t memory_bytes() const;

  bool subscribed() const { return subscriber && subscriber->total() != 0; }
  ClientClass client_class() const {
    return subscribed() ? ClientClass::kPubsub : ClientClass::kNormal;
  }

  // Executes one command, or starts it. False: it could not start and nothing happened (a full
  // mailbox, a pause, replies in flight that it must wait for); the session waits.
  bool dispatch(ParsedCommand& command);
  void reply_error(std::string_view text);

 private:
  friend class Core;
  friend class Blocking;

  // server/session.cc: input, and server/session_output.cc: output.
  void answered();
  void take(std::string_view bytes);
  bool stalled() const { return blocked_ || waiting_ || closing_ || aborted_; }
  void process(std::string_view input);
  // The command at offset `begin` of the input, whose arguments begin at `first_arg`.
  ParsedCommand& add_to_batch(size_t begin, size_t first_arg) {
    return batch_.emplace_back(begin, first_arg, batch_args_.size() - first_arg);
  }
  ParseStatus parse_batch(std::string_view input, size_t& at);
  size_t run_batch(std::string_view input, bool& more);
  void stash(ParsedCommand& command);
  void run_stash();
  void notify();
  void finish_if_idle();
  void set_output_limit();
  void check_output_limit();
  void exceed_output_limit();
  // Behind each command, because the pipeline of one input may ask for a hundred replies of a
  // gigabyte. Less than this is looked at when the input is done with.
  bool is_output_large() const { return output_.footprint() > 64 * 1024; }
  void check_large_output() {
    if (is_output_large()) [[unlikely]]
      check_output_limit();
  }
  void check_query_limit();
  void exceed_query_limit();
  // Input waits until resume(): for all replies in flight, or for whatever the caller arranges.
  void wait_to_resume(bool until_idle);
  // Input waits for the next tick: this one has done enough.
  void yield();

  // server/session_big_argument.cc.
  void take_payload(std::string_view input);
  std::string_view fill_payload(std::string_view bytes);

  // server/resolve.cc: from a parsed command to its row and shard.
  bool resolve(ParsedCommand& command);
  void resolve_found_keys(ParsedCommand& command);
  bool prefetch(const ParsedCommand& command);

  // server/plain.cc: commands that need no dispatch.
  bool is_calm() const;
  void execute_plain(Core& owner, const ParsedCommand& command, OutBuffer& out);
  bool run_plain(const ParsedCommand& command, bool& calm);
  size_t spread_plain(size_t begin, bool& calm);
  void run_in_line(Core& owner, const ParsedCommand& command, uint64_t sequence);

  // server/lone_commands.cc: plain commands that come alone.
  bool postpone(std::string_view bytes);
  void run_postponed(std::string_view bytes);

  // server/dispatch.cc: from there to where it executes.
  bool dispatch_row(ParsedCommand& command);
  bool is_refused(const ParsedCommand& command);
  bool queue_in_multi(ParsedCommand& command);
  bool may_start(const ParsedCommand& command);
  bool may_publish(const Command& row);
  void note_watch(const ParsedCommand& command);
  bool wait_turn(Request& request, const Command& row, std::optional<uint64_t> place);
  void execute_here(ParsedCommand& command);
  void execute_script_here(Request& request, const Command& row);
  void send_there(const ParsedCommand& command, uint64_t sequence);
  void serve(ParsedCommand& command);
  void reject(const Command* row, std::string_view text);
  Request request_of(const ParsedCommand& command) const;
  Request own_request_of(const ParsedCommand& command);
  template <class Write>
  void reply_now(Write&& write);

  // Commands parsed ahead before the first of them executes, so that their memory is prefetched.
  static constexpr size_t kBatchMax = 32;

  Core& core_;
  SessionHost& host_;
  SessionAddress address_;
  uint64_t id_;
  RequestParser parser_;
  InputBuffer input_;    // An unfinished command, or input that waits,
  size_t input_at_ = 0;  // from here on.
  std::vector<ParsedCommand> batch_;
  std::vector<std::string_view> batch_args_;
  Parcel stash_;  // A command with blocks that could not start yet.
  OutBuffer output_;
  ReplyQueue replies_;
  Multi multi_;
  bool parser_wants_payload_ = false;  // The last batch ended at a big argument.
  bool big_argument_ = false;          // The parser waits for the payload of a big argument.
  bool blocked_ = false;
  bool waiting_ = false;         // Input waits for resume().
  bool waits_for_idle_ = false;  // It comes when no reply is in flight.
  bool resume_queued_ = false;   // On the core's list of sessions to resume.
  bool processing_ = false;      // process() is on the stack.
  bool lone_ = false;            // batch_ is a command that Core::run_lone() will run.
  bool ready_ = false;           // The host was told.
  bool closing_ = false;
  bool aborted_ = false;
  bool connected_ = true;
  BlockedClient* blocked_client_ = nullptr;
  ReplyCapture* capture_ = nullptr;
  std::unique_ptr<OutBuffer> kept_pushes_;  // While commands are captured; null: none.
  bool capture_blocked_ = false;
  uint64_t ordered_replies_end_ = 0;  // Behind the last reply that PUBLISH may not overtake.
  int last_shard_ = -1;               // Where the last request went; for the strict order.
  int64_t soft_limit_since_ms_ = 0;   // Output above the soft limit since then; 0: it is not.
};

}  // namespace rondo
