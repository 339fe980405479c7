// Scripting: the scripts that one core executes: its interpreter, the one script that is under way,
// and what that script asks of the server. Owned by a Core and made when the first script comes;
// its thread only.
//
// A script is one step for everybody else: it executes with all that it may touch held by this
// thread, which is a lone shard, or all shards, parked (server/transaction.h). It runs on a stack
// of its own (server/scripting/fiber.h). One that ends within its first slice of time never leaves
// it, and nobody hears of it. One that takes longer is suspended, what it holds stays held, and it
// goes on in the next tick:
//
//   start() --- kDone                          reply written
//           '-- kSuspended, resume() ... kDone
//
// Commands of a script run through the same handlers as any others, with their replies in memory
// of this object. Commands on the connection get a session of their own, which no client sees.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "server/parcel.h"
#include "server/scripting/fiber.h"
#include "server/scripting/interpreter.h"
#include "server/scripting/script_registry.h"
#include "server/session.h"
#include "shard/call.h"

namespace rondo {

class Core;
class Transaction;

class Scripting final : public ScriptHost, private ReplyCapture, private SessionHost {
 public:
  enum class Outcome : uint8_t { kDone, kSuspended };

  // What the script may touch: all shards of the view, held by this thread until it is done.
  // `transaction` has them parked; null: there is the core's own shard alone.
  struct Place {
    Shard& home;
    const ShardView& view;
    Transaction* transaction = nullptr;
  };

  explicit Scripting(Core& core);
  ~Scripting();

  // Executes EVAL or one of its like. The request must live until the script is done, unless
  // keep_request() takes it over. REQUIRES: !suspended().
  Outcome start(Request& request, const Command& row, const Place& place, Reply& reply);
  // Goes on with what was suspended; `reply` takes the place of the one before.
  Outcome resume(Reply& reply);
  bool suspended() const { return fiber_.running(); }
  Transaction* transaction() const { return transaction_; }
  // Takes over the request of a script that was suspended, of core `from`.
  void keep_request(int from);
  Request& request() { return *request_; }
  void forget_request();

  // SCRIPT LOAD: compiles it, so that the caller hears of mistakes, and makes it known to all.
  Error load(std::string_view text, Sha1Hex& sha);
  size_t memory_bytes() const { return interpreter_.memory_bytes(); }

 private:
  struct Compiled {
    int function = 0;
    const Script* script = nullptr;
  };
  struct Sha1Hash {
    size_t operator()(const Sha1Hex& sha) const {
      return std::hash<std::string_view>()(sha.view());
    }
  };

  // ScriptHost.
  Error call(Args args, std::string_view& reply) override;
  void set_resp(Resp resp) override { resp_ = resp; }
  Resp resp() const override { return resp_; }
  void log(int level, std::string_view line) override;
  bool knows_command(Args args) override;
  void on_progress() override;
  // ReplyCapture: a command on the connection answers later.
  void captured(OutBuffer&& reply) override { out_.splice(std::move(reply)); }
  void resumed() override { answered_ = true; }
  // SessionHost: nobody reads what the session says.
  void session_ready(Session&) override {}
  void session_finished(Session&) override {}

  Error prepare(const Request& request, const Command& row, int& keys);
  Error find_script(const Request& request, const Command& row);
  Error compile(const Sha1Hex& sha, std::string_view text, const Script* known);
  void drop_stale();
  static void run_on_fiber(void* self);
  Outcome step();
  void finish();
  void fail(Error error);
  Error check(const Command* row, Args args) const;
  void run_data(const Command& row, Args args);
  Error run_on_connection(const Command& row, Args args);
  Session& session();
  void suspend();
  void check_end();
  void note_write();

  Core& core_;
  Interpreter interpreter_;
  Fiber fiber_;
  std::unordered_map<Sha1Hex, Compiled, Sha1Hash> compiled_;
  uint64_t generation_ = 0;           // Of the registry, when they were compiled.
  Compiled last_;                     // The one that ran last.
  std::unique_ptr<Session> session_;  // For commands on the connection.
  uint32_t runs_ = 0;

  // The script that is under way.
  const Command* row_ = nullptr;
  Request* request_ = nullptr;
  Parcel kept_;       // Owns the request, when keep_request() was called,
  Request kept_one_;  // which is this one.
  Shard* home_ = nullptr;
  const ShardView* view_ = nullptr;
  Transaction* transaction_ = nullptr;
  Reply* reply_ = nullptr;
  int keys_ = 0;
  int db_ = 0;
  Resp resp_ = Resp::k2;
  bool read_only_ = false;
  bool answered_ = true;  // What a command on the connection waits for is there.
  uint64_t cycles_ = 0;   // That it took so far.
  uint64_t slice_from_ = 0;
  int64_t started_ns_ = 0;
  bool busy_ = false;     // Others know that it takes long.
  bool written_ = false;  // It has called a command that writes.
  Interpreter::Result result_;
  OutBuffer out_;     // The reply of the command that was called last,
  std::string flat_;  // in one piece if it is not.
};

}  // namespace rondo
