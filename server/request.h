// Request: a command on its way to the shard that executes it: what to execute, and whose reply it
// is. A small value of views, into a receive buffer or into a parcel.
#pragma once

#include <cstdint>
#include <span>

#include "protocol/args.h"
#include "protocol/reply.h"
#include "reactor/base/shared_bytes.h"
#include "server/config.h"

namespace rondo {

class Session;

// Who waits for a reply: a reply slot of a session. Opaque outside the session's core.
struct ReplyAddress {
  Session* session = nullptr;
  uint64_t sequence = 0;
};

struct Request {
  uint16_t command = 0;  // Id in the command table.
  uint16_t db = 0;
  Resp resp = Resp::k2;
  bool no_touch = false;                            // Finding a key does not count as a use of it.
  ClientClass client_class = ClientClass::kNormal;  // Says how large the reply may become.
  uint64_t hash = 0;                                // Of the first key; 0: there is none.
  uint64_t token = 0;  // For EXEC and WATCH: the session's watch token.
  ReplyAddress address;
  int home = 0;  // Core of the session; set by whoever executes.
  Args args;
  std::span<SharedBytes> owners;
};

}  // namespace rondo
