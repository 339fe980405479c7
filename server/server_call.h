// ServerCall: one execution of a command on the connection or on the server itself, on the client's
// own core. Handlers are `Error name(ServerCall& call)`.
#pragma once

#include "protocol/args.h"
#include "protocol/reply.h"
#include "shard/command.h"

namespace rondo {

class Core;
class Session;

struct ServerCall {
  Core& core;
  Session& session;
  const Command& row;
  Args args;
  Reply& reply;
  // The reply comes later, and whoever makes it counts the call.
  bool counted_later = false;

  size_t size() const { return args.size(); }
  std::string_view operator[](size_t i) const { return args[i]; }
};

}  // namespace rondo
