// Scan: one call of SCAN. From its cursor it visits one shard after the other, as long as it has
// looked at fewer keys than COUNT says and a shard has come to its end; so a few keys on several
// shards are one call, as on one shard. Each shard is visited once at the most, for a slice: sparse
// regions of its table are skipped, but not without end. The walk through a shard goes on in later
// calls where this one's cursor says, so the guarantee of Keyspace::scan() holds for all shards.
//
// Whoever holds a shard calls visit(); one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "protocol/args.h"
#include "protocol/error.h"
#include "protocol/out_buffer.h"
#include "protocol/reply.h"
#include "shard/entry.h"
#include "shard/keyspace.h"
#include "shard/scan_cursor.h"

namespace rondo {

class Scan {
 public:
  // The arguments of the command, name included, which stay valid.
  Error parse(Args args, int shards);
  // Bytes of names after which they are cut off.
  void set_limit(size_t bytes) { names_.set_limit(bytes); }
  bool is_cut() const { return names_.is_cut(); }
  // True: the reply can be written.
  bool done() const { return done_; }
  // The one to visit next. REQUIRES: !done().
  int shard() const { return position_.shard; }
  void visit(Keyspace& keyspace);
  void write(Reply& reply);

 private:
  bool accepts(const Entry& entry) const;

  std::string_view pattern_ = "*";
  std::optional<std::string_view> type_;
  size_t count_ = 10;
  int shards_ = 1;
  ScanPosition position_;
  bool done_ = false;
  uint64_t cursor_ = 0;   // For the reply.
  size_t looked_at_ = 0;  // Keys, those that the filter does not accept too.
  size_t accepted_ = 0;
  OutBuffer names_;  // Written before it is known how many they are, so apart from the reply.
};

}  // namespace rondo
