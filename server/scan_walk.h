// ScanWalk: one SCAN where there are several cores. It goes to the owner of the shard that its
// cursor names, and on to the next owner while it has looked at fewer keys than it may; from the
// last of them it returns to its home, the core of its session, with the reply. On each shard it is
// a request of all its keys to Admission, so it sees every write that was answered.
//
// Belongs to itself; while a message about it is under way only its receiver touches it. Its
// session is blocked until the reply, and so outlives it.
#pragma once

#include <cstdint>

#include "server/parcel.h"
#include "shard/command.h"
#include "shard/commands/scan.h"

namespace rondo {

class Core;
class Session;

class ScanWalk {
 public:
  // Starts SCAN of `session`. False: its arguments are wrong, and the command itself says how.
  // REQUIRES: no reply of the session is in flight.
  static bool start(Session& session, const Request& request, const Command& row);

  // On the owner of the shard that is next; may wait there.
  void arrive(Core& core);
  // At home: answers, and ends.
  void finish(Core& home);

 private:
  friend class ScanWaiter;

  ScanWalk() = default;
  void visit(Core& core);

  Session* session_ = nullptr;
  const Command* row_ = nullptr;
  Parcel storage_;   // Owns the arguments.
  Request request_;  // Views into it.
  Scan scan_;
  uint64_t cycles_ = 0;
};

}  // namespace rondo
