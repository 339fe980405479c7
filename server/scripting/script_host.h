// ScriptHost: what a running script may ask of the server. Implemented by server/scripting/
// scripting.h, and by tests. On the thread that runs the script.
#pragma once

#include <string_view>

#include "protocol/args.h"
#include "protocol/error.h"
#include "protocol/reply.h"

namespace rondo {

class ScriptHost {
 public:
  // Executes one command. An Error: it was refused before it began. Otherwise `reply` is what it
  // answered, whole and in RESP; valid until the next call. When the run is to end (see
  // Interpreter::stop()) neither means anything.
  virtual Error call(Args args, std::string_view& reply) = 0;
  // The protocol in which the script sees replies from now on.
  virtual void set_resp(Resp resp) = 0;
  virtual Resp resp() const = 0;
  // A line for the server's log, at one of Redis's levels: 0 (debug) to 3 (warning).
  virtual void log(int level, std::string_view line) = 0;
  // There is such a command.
  virtual bool knows_command(Args args) = 0;
  // Again and again while the script computes: may suspend it, or ask Interpreter::stop() for its
  // end.
  virtual void on_progress() = 0;

 protected:
  ~ScriptHost() = default;
};

}  // namespace rondo
