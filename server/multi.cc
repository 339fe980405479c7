#include "server/multi.h"

#include <algorithm>

namespace rondo {

void Multi::queue(const Request& request, bool writes, int shard) {
  if (size() == 0) shard_ = shard;
  if (shard != shard_) shard_ = -1;
  writes_ = writes_ || writes;
  for (std::string_view arg : request.args)
    queued_bytes_ += arg.size();
  queue_.add(request);
}

void Multi::reset() {
  active_ = false;
  broken_ = false;
  writes_ = false;
  queued_bytes_ = 0;
  queue_.reset();
}

void Multi::watch(int shard, uint64_t key_hash) {
  watched_keys_.push_back(key_hash);
  const auto end = watched_shards_.end();
  if (std::find(watched_shards_.begin(), end, shard) == end) watched_shards_.push_back(shard);
}

void Multi::clear_watches() {
  watched_shards_.clear();
  watched_keys_.clear();
}

}  // namespace rondo
