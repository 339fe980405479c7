// Side: one of the two servers that the differential test compares, with two clients: one that all
// commands come from, and one that may wait for a key meanwhile. Used by one thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "protocol/resp_reader.h"

namespace rondo {

class Side {
 public:
  using Words = std::vector<std::string>;

  virtual ~Side() = default;

  // The reply of one command.
  virtual RespValue run(const Words& args) = 0;
  // The second client sends a command. Returns when it has been answered, or waits for its keys.
  virtual void start_waiting(const Words& args) = 0;
  virtual RespValue waiter_reply() = 0;
  // Time passes: at least so much.
  virtual void pass_ms(int64_t ms) = 0;
};

// A server of this project with so many shards, in this thread; its time passes only by pass_ms().
std::unique_ptr<Side> make_local_side(int cores);
// A server that listens on a unix socket.
std::unique_ptr<Side> make_socket_side(const std::string& path);

}  // namespace rondo
