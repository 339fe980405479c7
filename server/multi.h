// Multi: what MULTI and WATCH keep for one session: the queued commands, copied, and which shards
// hold a watch token of this session.
#pragma once

#include <cstdint>
#include <vector>

#include "server/parcel.h"

namespace rondo {

class Multi {
 public:
  bool active() const { return active_; }
  bool broken() const { return broken_; }  // A command was refused at queueing: EXECABORT.
  size_t size() const { return queue_.count(); }
  size_t footprint() const { return queued_bytes_; }

  bool writes() const { return writes_; }  // Some queued command may write.

  void begin(int db, Resp resp) { active_ = true, db_ = db, resp_ = resp; }
  void mark_broken() { broken_ = true; }
  // `shard`: where all its keys are; negative for anything else.
  void queue(const Request& request, bool writes, int shard);
  // All queued commands are data commands for this one shard.
  bool all_on(int shard) const { return size() == 0 || shard_ == shard; }
  // That shard; negative: there is none.
  int shard() const { return shard_; }
  Parcel& queued() { return queue_; }
  // The database that the next queued command will run in: SELECT in the queue changes it.
  int db() const { return db_; }
  void select(int db) { db_ = db; }
  // The same for the protocol of its reply, and HELLO.
  Resp resp() const { return resp_; }
  void set_resp(Resp resp) { resp_ = resp; }
  // Forgets the queue and leaves MULTI; watches stay.
  void reset();

  // Shards on which this session holds a watch token, and the hashes of its watched keys.
  const std::vector<int>& watched_shards() const { return watched_shards_; }
  const std::vector<uint64_t>& watched_keys() const { return watched_keys_; }
  void watch(int shard, uint64_t key_hash);
  void clear_watches();

 private:
  bool active_ = false;
  bool broken_ = false;
  bool writes_ = false;
  int db_ = 0;
  Resp resp_ = Resp::k2;
  int shard_ = -1;  // Of all queued commands; -1: several, or connection commands.
  size_t queued_bytes_ = 0;
  Parcel queue_;
  std::vector<int> watched_shards_;
  std::vector<uint64_t> watched_keys_;
};

}  // namespace rondo
