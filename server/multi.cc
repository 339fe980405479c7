#include "server/multi.h"

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

}  // namespace rondo
