// Escalations: requests for this core's shard that take all shards, though their keys are here.
// Somebody waits for a key that they write, and is to move what he gets to another shard (BLMOVE):
// the write and the move are one step only if both shards are held before the write. So this core
// parks all shards and executes the request on them. Owned by a Core; same thread.
//
// What the same session sent to this shard behind such a request follows it, in order. Its reply
// comes as that of a deferred request does.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "server/parcel.h"

namespace rondo {

class Core;

// One of them, until its shards are given back.
struct Escalation {
  const Session* session = nullptr;  // Not touched. Null: it only serves those who wait.
  int from = 0;                      // The core of the session.
  Parcel followers;                  // Requests of the same session that came later.
  bool over = false;                 // It ended while this core's shard was parked for another.
};

class Escalations {
 public:
  explicit Escalations(Core& core) : core_(core) {}
  ~Escalations();
  Escalations(const Escalations&) = delete;
  Escalations& operator=(const Escalations&) = delete;

  bool empty() const { return running_.empty(); }
  // Takes the request over, from core `from`.
  void start(int from, const Request& request);
  // Nothing is executed; with all shards parked, everybody is served whose key is ready.
  void serve_all();
  // Whether a request of the session is under way; then whatever comes behind it is to follow.
  bool has(const Session* session) const { return find(session) != nullptr; }
  void follow(const Request& request);

  // Its shards were given back. Executes the followers, once this core's shard is not parked.
  void ended(Escalation& escalation);
  // The shard was given back, maybe by somebody else: what could not end before does now.
  void end_over();

 private:
  Escalation* find(const Session* session) const;
  void run_followers(Escalation& escalation);

  Core& core_;
  std::vector<std::unique_ptr<Escalation>> running_;
};

}  // namespace rondo
