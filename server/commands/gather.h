// Gather: a command that needs every core, as a CoreTask with a reply at the end: INFO, CLIENT
// LIST, CONFIG SET. The session takes no further input until the reply is there, so a client sees
// the effects of its own commands in order. With one core all happens at once.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "server/core.h"
#include "server/server_call.h"

namespace rondo {

class Gather : public CoreTask {
 public:
  // On every core, on that core's thread.
  void run(Core& core) override = 0;
  // On the client's core, after all others: writes the reply, or returns an error.
  virtual Error reply(Core& home, Session& session, Reply& reply) = 0;

  void finish(Core& home) final;

 private:
  friend Error start_gather(ServerCall& call, std::unique_ptr<Gather> task);
  const Command* row_ = nullptr;
  Session* session_ = nullptr;  // It stays while its reply is on the way.
  uint64_t sequence_ = 0;
  std::vector<std::string> args_;  // For the slow log.
};

// The end of a handler: `return start_gather(call, std::make_unique<...>(...))`.
Error start_gather(ServerCall& call, std::unique_ptr<Gather> task);

// What each core contributes: an element of its own, so that no two threads write the same one.
template <class T>
class PerCore {
 public:
  explicit PerCore(const Core& home) : parts_(static_cast<size_t>(home.cores())) {}
  T& of(const Core& core) { return parts_[static_cast<size_t>(core.index())].value; }

  template <class Visit>
  void for_each(Visit&& visit) {
    for (Part& part : parts_)
      visit(part.value);
  }

 private:
  struct alignas(64) Part {
    T value{};
  };
  std::vector<Part> parts_;
};

}  // namespace rondo
